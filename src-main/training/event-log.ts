// What TensorBoard shows of a run: losses, learning rate, images/s, and ten fixed images with their reconstructions.
import { join } from 'node:path';
import type { Tensor } from '../compiler/graph.ts';
import type { ImageShape } from '../compiler/model.ts';
import type { EpochMetrics } from '../contract/records.ts';
import type { ImageBatch } from '../numerics/image-grid.ts';
import type { Pixels } from './batches.ts';
import { createEventWriter } from './tensorboard.ts';

export interface EventLog {
  /** `reconstructions`: of the probes, uint8 P×H×W×C. */
  write(metrics: EpochMetrics, reconstructions: Tensor): Promise<void>;
  close(): Promise<void>;
}

/** Two runs side by side, `train` and `validation`, so that TensorBoard draws their `loss` into one chart. */
export async function createEventLog(
  folder: string,
  originals: Tensor,
  image: ImageShape,
  resumeAt: number | null,
): Promise<EventLog> {
  const options = resumeAt === null ? {} : { resumeAt: resumeAt + 1 };
  const train = await createEventWriter(join(folder, 'train'), options);
  const validation = await createEventWriter(join(folder, 'validation'), options);
  let highestStep = resumeAt ?? -1;

  return {
    async write(metrics, reconstructions) {
      const { step, trainLoss, validationMse, learningRate, imagesPerSecond } = metrics;
      // After a rollback the same steps come again: what was logged of them is taken back.
      if (step <= highestStep) for (const writer of [train, validation]) writer.restart(step);
      highestStep = step;
      if (trainLoss !== null) {
        train.scalar('loss', step, trainLoss);
        train.scalar('images_per_second', step, imagesPerSecond);
      }
      train.scalar('learning_rate', step, learningRate);
      validation.scalar('loss', step, validationMse);
      for (const [name, value] of ofTheCode(metrics)) validation.scalar(name, step, value);
      validation.imageGrid('original', step, asBatch(originals, image));
      validation.imageGrid('reconstructed', step, asBatch(reconstructions, image));
      await Promise.all([train.flush(), validation.flush()]);
    },
    async close() {
      await Promise.all([train.close(), validation.close()]);
    },
  };
}

/** How the code is used, where a model has more to say of it than its error. */
function ofTheCode({ kl, activeUnits, deadUnits, codebookUse }: EpochMetrics): [name: string, value: number][] {
  const figures: [string, number | undefined][] = [
    ['code/kl', kl],
    ['code/active_units', activeUnits],
    ['code/dead_units', deadUnits],
    ['code/share_used', codebookUse?.share],
    ['code/perplexity', codebookUse?.perplexity],
  ];
  return figures.filter((figure): figure is [string, number] => figure[1] !== undefined);
}

/** The probe images themselves, uint8 P×H×W×C. */
export function readProbeImages(
  pixels: Pixels,
  probes: readonly number[],
  { height, width, channels }: ImageShape,
): Tensor {
  const data = new Uint8Array(probes.length * height * width * channels);
  pixels.read(probes, data);
  return { dtype: 'uint8', shape: [probes.length, height, width, channels], data };
}

function asBatch({ shape, data }: Tensor, { height, width, channels }: ImageShape): ImageBatch {
  return { data: data as Uint8Array, count: shape[0]!, height, width, channels: channels as 1 | 3 };
}
