// Tasks: queue, state, progress, pause, cancel, and going on after the program was ended.
import type { Service } from '../../contract/api.ts';
import { notYet, type Surroundings } from './parts.ts';

export type TaskPart = Pick<
  Service,
  | 'startTask'
  | 'tasks'
  | 'cancelTask'
  | 'pauseTask'
  | 'resumeTask'
  | 'finishTask'
  | 'retryTask'
  | 'dismissTask'
  | 'subscribe'
> & { stop(): Promise<void> };
/** What tasks do is done by these. */
export type TaskWork = Pick<Service, 'import' | 'train' | 'encode' | 'makeMap' | 'exportAs'>;

export function taskPart({ topics }: Surroundings, _work: TaskWork): TaskPart {
  return {
    startTask: () => notYet('startTask'),
    tasks: () => notYet('tasks'),
    cancelTask: () => notYet('cancelTask'),
    pauseTask: () => notYet('pauseTask'),
    resumeTask: () => notYet('resumeTask'),
    finishTask: () => notYet('finishTask'),
    retryTask: () => notYet('retryTask'),
    dismissTask: () => notYet('dismissTask'),
    subscribe: (topic, listener) => topics.listen(topic, listener),
    stop: async () => {},
  };
}
