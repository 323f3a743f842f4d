// What a training will need of memory, roughly; the same figure before an import and before the training itself.
import { type buildModel, countParameters } from '../../compiler/model.ts';
import type { TrainingPlan } from '../../training/presets.ts';

/** Of the runtime, the program and its libraries; measured on MNIST. */
const runtimeBytes = 250e6;

/**
 * Parameters, gradients and two moments of each, and a copy while a step runs; activations of a batch forward and back;
 * all as float32. The pixels of `images` images as they are kept.
 */
export function trainingBytes(
  model: ReturnType<typeof buildModel>,
  { batchSize }: TrainingPlan,
  images: number,
): number {
  const activations = model.layers.reduce((sum, { output }) => sum + output.reduce((a, b) => a * b, 1), 0);
  const { height, width, channels } = model.image;
  return runtimeBytes + images * height * width * channels + 24 * countParameters(model) + 8 * batchSize * activations;
}
