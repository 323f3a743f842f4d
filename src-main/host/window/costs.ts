// What a training will need of memory and time, roughly; the same figures before an import and before the training itself.
import { multiplyAdds } from '../../compiler/cost.ts';
import { type buildModel, countParameters } from '../../compiler/model.ts';
import { inferenceGraph } from '../../training/graphs.ts';
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

/**
 * Floating-point operations a second that training reaches on processors of two threads: large products of matrices come
 * near to what the processor can; of convolutions there are many small ones, and passes over pixels between them
 * (`conv` on 72 images of 64 × 64 in colour: 40 epochs, 0.44 × 10¹² operations, in 40–78 s).
 */
const speeds = { dense: 60e9, convolutional: 8e9 };

/** Of all epochs: forward, and twice as much backward; a multiply-add is two operations. */
export function trainingSeconds(model: ReturnType<typeof buildModel>, { spec, epochs }: TrainingPlan, images: number) {
  const operations = 6 * multiplyAdds(inferenceGraph(model, ['reconstruction'], 1)) * images * epochs;
  const isConvolutional = spec.encoder.some(({ type }) => type === 'conv');
  return operations / speeds[isConvolutional ? 'convolutional' : 'dense'];
}
