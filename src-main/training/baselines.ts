// What a run is held against while it trains: the errors of PCA and of the mean image on the validation images.
import type { ImageShape } from '../compiler/model.ts';
import type { Baselines } from '../contract/records.ts';
import type { Executor } from '../engine/executor.ts';
import type { Pixels } from './batches.ts';
import { pcaGraph } from './graphs.ts';
import { runBlocks } from './inference.ts';
import type { Pca } from './pca.ts';

/** Mean-squared errors, pixels in 0–1. A PCA of fewer images than `codeSize` has fewer components than the code. */
export async function measureBaselines(
  executor: Executor,
  pca: Pca,
  pixels: Pixels,
  ids: Uint32Array,
  image: ImageShape,
): Promise<Baselines> {
  const runner = await executor.compile(pcaGraph(image, pca.deviation.length), pcaValues(pca));
  let [pcaSum, meanSum] = [0, 0];
  try {
    for await (const { images, results } of runBlocks(runner, pixels, ids, image)) {
      for (const error of results.error!.data) pcaSum += error;
      meanSum += errorOfMean(images.data as Uint8Array, pca.mean) * images.shape[0]!;
    }
  } finally {
    await runner.dispose();
  }
  return { pca: pcaSum / ids.length, meanImage: meanSum / ids.length };
}

/** What `pcaGraph` is given beside the images. */
export function pcaValues({ mean, basis }: Pca): Map<string, Float32Array> {
  return new Map([
    ['mean', mean],
    ['basis', basis],
  ]);
}

/** Mean-squared error of the mean image (pixels in 0–1) as the answer for every one of the images (uint8). */
export function errorOfMean(images: Uint8Array, mean: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < images.length; index++) sum += (images[index]! / 255 - mean[index % mean.length]!) ** 2;
  return sum / images.length;
}
