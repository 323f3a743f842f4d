// What tests of models share: values to start from without a PCA.
import type { Model } from '../../src-main/compiler/model.ts';
import { elements } from '../../src-main/compiler/ops/shapes.ts';
import { createRandom } from '../../src-main/numerics/random.ts';

/** Parameters drawn as a run draws them, zeros a little beside zero; what a PCA would say is made up. */
export function drawnValues(model: Model): Map<string, Float32Array> {
  const random = createRandom(4);
  const limits = { zeros: 0.02, ones: 0, uniform: 1 };
  const parameters = model.parameters.map(({ name, shape, start }): [string, Float32Array] => {
    const limit = start.type === 'uniform' ? start.limit : limits[start.type];
    const middle = start.type === 'ones' ? 1 : 0;
    const data = Float32Array.from({ length: elements(shape) }, () => middle + limit * (2 * random.next() - 1));
    return [name, data];
  });
  const constants = model.constants.map(({ name, shape }): [string, Float32Array] => {
    const draw = name === 'pca.basis' ? () => 0.06 * random.normal() : () => 0.5;
    return [name, Float32Array.from({ length: elements(shape) }, draw)];
  });
  return new Map([...parameters, ...constants]);
}
