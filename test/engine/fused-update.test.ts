// The fused update against plain formulas in float64; the graph's own step is compared with in training.test.ts.
import { expect, test } from 'vitest';
import type { OptimizerSpec } from '../../src-main/contract/spec.ts';
import { createFusedUpdate, fusedUpdateObstacle } from '../../src-main/engine/fused-update.ts';
import { createRandom } from '../../src-main/numerics/random.ts';
import { adamw, distance } from './support.ts';

/** Sizes that do and do not fill whole vectors and cache lines; ranks that do and do not decay. */
const parameters = [
  { name: 'scalar', shape: [] },
  { name: 'bias', shape: [7] },
  { name: 'weights', shape: [5, 13] },
  { name: 'filters', shape: [2, 3, 3, 3] },
  { name: 'line', shape: [64] },
];

/** Eight steps on the same random gradients: fused, and written out for one parameter. */
function compare(optimizer: OptimizerSpec, name: string, expected: (gradients: Float64Array[]) => Float64Array) {
  const update = createFusedUpdate({ parameters, optimizer });
  const random = createRandom(3);
  for (const { name } of parameters) fill(update.values.get(name)!, (index) => index / 50);
  const seen: Float64Array[] = [];
  for (let step = 1; step <= 8; step++) {
    for (const gradient of update.gradients.values()) fill(gradient, () => random.normal());
    const norm = Math.sqrt(
      [...update.gradients.values()].flatMap((all) => [...all]).reduce((sum, x) => sum + x * x, 0),
    );
    const scale = optimizer.clipNorm === undefined ? 1 : Math.min(1, optimizer.clipNorm / norm);
    seen.push(Float64Array.from(update.gradients.get(name)!, (x) => x * scale));
    update.apply(0.01, step);
  }
  expect(distance(update.values.get(name)!, expected(seen))).toBeLessThan(2e-6);
}

function fill(array: Float32Array | Float64Array, value: (index: number) => number): void {
  for (let index = 0; index < array.length; index++) array[index] = value(index);
}

const startOf = (gradients: Float64Array[]) => gradients[0]!.map((_, index) => index / 50);

test.each([undefined, 2])('SGD with Nesterov momentum, clipped at %s', (clipNorm) => {
  const optimizer = { type: 'sgd', momentum: 0.9, nesterov: true, clipNorm } as const;
  for (const { name } of parameters) {
    compare(optimizer as OptimizerSpec, name, (gradients) => {
      const velocity = startOf(gradients).fill(0);
      return gradients.reduce((values, gradient) => {
        fill(velocity, (index) => 0.9 * velocity[index]! + gradient[index]!);
        return values.map((value, index) => value - 0.01 * (gradient[index]! + 0.9 * velocity[index]!));
      }, startOf(gradients));
    });
  }
});

test.each(parameters)('AdamW of $name: decay from rank 2 on', ({ name, shape }) => {
  compare(adamw, name, (gradients) => {
    const [mean, square] = [startOf(gradients).fill(0), startOf(gradients).fill(0)];
    return gradients.reduce((values, gradient, taken) => {
      const [first, second] = [1 - 0.9 ** (taken + 1), 1 - 0.999 ** (taken + 1)];
      return values.map((value, index) => {
        mean[index] = 0.9 * mean[index]! + 0.1 * gradient[index]!;
        square[index] = 0.999 * square[index]! + 0.001 * gradient[index]! ** 2;
        const kept = shape.length >= 2 ? 1 - 0.01 * 0.05 : 1;
        return value * kept - (0.01 * (mean[index]! / first)) / (Math.sqrt(square[index]! / second) + 1e-8);
      });
    }, startOf(gradients));
  });
});

test('zero gradients under clipping leave parameters as they are', () => {
  const update = createFusedUpdate({
    parameters,
    optimizer: { type: 'sgd', momentum: 0, nesterov: false, clipNorm: 1 },
  });
  update.values.get('weights')!.fill(0.5);
  update.apply(0.1, 1);
  expect(new Set(update.values.get('weights')!)).toEqual(new Set([0.5]));
});

test('tensors start on cache lines and do not overlap', () => {
  const { values, gradients } = createFusedUpdate({ parameters, optimizer: adamw });
  const views = [...values.values(), ...gradients.values()].sort((a, b) => a.byteOffset - b.byteOffset);
  expect(views).toHaveLength(4 * parameters.length);
  views.forEach((view, index) => {
    expect(view.byteOffset % 64).toBe(0);
    const next = views[index + 1]?.byteOffset ?? view.buffer.byteLength;
    expect(view.byteOffset + view.byteLength).toBeLessThanOrEqual(next);
  });
});

test('what 4 GiB cannot hold is refused with the reason', () => {
  const large = { parameters: [{ name: 'weights', shape: [20000, 15000] }], optimizer: adamw };
  expect(fusedUpdateObstacle(large)).toBe(
    'Parameters, gradients and optimiser state take 4.5 GiB, and the fused update addresses 4 GiB',
  );
  expect(fusedUpdateObstacle({ parameters, optimizer: adamw })).toBeUndefined();
});
