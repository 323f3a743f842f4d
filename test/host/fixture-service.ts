// A process of its own that takes images through every stage and prints `now` when the given stage has come far enough.
// Arguments: workspace, images, stage, from; training settings as JSON in the environment.
import { join } from 'node:path';
import { createService } from '../../src-main/host/service.ts';

const [workspace, images, stage, from] = process.argv.slice(2) as [string, string, string, string];
const context = {
  onProgress(progress: { stage: string; done: number }) {
    if (progress.stage === stage && progress.done >= Number(from)) console.log('now');
  },
};

const service = await createService({ workspace, command: 'killed test' });
const { dataset } = await service.import({ sources: [images] }, context);
const { run } = await service.train(dataset.id, JSON.parse(process.env.TRAINING_SETTINGS!), {}, context);
await service.encode(run.id, {}, context);
for (;;) await service.export(run.id, join(workspace, 'out'), ['csv', 'npy', 'parquet', 'model'], context);
