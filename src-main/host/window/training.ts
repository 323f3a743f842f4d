// Training as screens show it: what would be trained, the course of a run, its probes and reconstructions.
import type { Service } from '../../contract/api.ts';
import { notYet, type Surroundings } from './parts.ts';

export type TrainingPart = Pick<
  Service,
  'describeTraining' | 'runDetails' | 'deleteRun' | 'restoreRun' | 'probes' | 'probeImages' | 'reconstructions'
>;

export function trainingPart(_surroundings: Surroundings): TrainingPart {
  return {
    describeTraining: () => notYet('describeTraining'),
    runDetails: () => notYet('runDetails'),
    deleteRun: () => notYet('deleteRun'),
    restoreRun: () => notYet('restoreRun'),
    probes: () => notYet('probes'),
    probeImages: () => notYet('probeImages'),
    reconstructions: () => notYet('reconstructions'),
  };
}
