// Weights as half precision and as 8-bit numbers with a scale.
import { expect, test } from 'vitest';
import { compactTensor } from '../../src-main/compiler/onnx/compact.ts';
import { createRandom } from '../../src-main/numerics/random.ts';

test.each([
  [0, 0x0000],
  [1, 0x3c00],
  [-2, 0xc000],
  [0.1, 0x2e66],
  [1 / 3, 0x3555],
  // Half way between two: to the even one, up and down.
  [1 + 2 ** -11, 0x3c00],
  [1 + 3 * 2 ** -11, 0x3c02],
  // Rounded up into the next power of two.
  [2 - 2 ** -12, 0x4000],
  [2 ** -14, 0x0400],
  [2 ** -24, 0x0001],
  [2 ** -26, 0x0000],
  [65_504, 0x7bff],
  [1e6, 0x7bff],
])('%d is %i in half precision', (value, bits) => {
  expect([...(compactTensor([1], Float32Array.of(value), 'float16').stored as Uint16Array)]).toEqual([bits]);
});

test('8-bit numbers have a scale along the axis that suits them, and err by half a step at most', () => {
  const random = createRandom(1);
  // Columns of very different size, which one scale for each row would lose.
  const data = Float32Array.from({ length: 40 * 30 }, (_, index) => 10 ** -(index % 3) * random.normal());
  data.fill(0, 0, 30);
  const { stored, scale } = compactTensor([40, 30], data, 'int8');
  expect(scale!.shape).toEqual([1, 30]);
  for (const [index, value] of data.entries()) {
    const unit = scale!.data[index % 30]!;
    expect(Math.abs((stored as Int8Array)[index]! * unit - value)).toBeLessThanOrEqual(unit * 0.5001);
  }
});
