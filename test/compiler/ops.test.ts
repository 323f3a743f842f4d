// Every op: gradients against finite differences, and the ONNX lowering against the reference interpreter.
import { InferenceSession, Tensor as OnnxTensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import type { Feeds, Graph, Tensor } from '../../src-main/compiler/graph.ts';
import { toOnnx } from '../../src-main/compiler/onnx/lower.ts';
import type { NumericArray } from '../../src-main/compiler/ops/op.ts';
import { ops } from '../../src-main/compiler/ops/table.ts';
import { evaluate, interpret } from '../../src-main/compiler/reference.ts';
import { simplify } from '../../src-main/compiler/simplify.ts';
import { forwardGraph, forwardOnlyCases, gradientGraph, opCases } from './op-cases.ts';

test('the cases use every op of the table', () => {
  const used = new Set(
    [...opCases, ...forwardOnlyCases].flatMap((item) => forwardGraph(item).nodes.map(({ op }) => op)),
  );
  const implicit = new Set(['constant']);
  expect(Object.keys(ops).filter((op) => !used.has(op as keyof typeof ops) && !implicit.has(op))).toEqual([]);
});

describe.each([...opCases])('$name', (item) => {
  const gradient = gradientGraph(item);

  test('has the gradient of finite differences', () => {
    const computed = evaluate(gradient, item.feeds);
    for (const [output, { data }] of Object.entries(computed)) {
      if (output === 'loss') continue;
      const expected = differences(gradient, item.feeds, output.slice('gradient:'.length));
      expect(distance(data, expected), `${output}: ${data} instead of ${expected}`).toBeLessThan(2e-6);
    }
  });

  test('keeps its values when simplified', () => {
    const [before, after] = [evaluate(gradient, item.feeds), evaluate(simplify(gradient), item.feeds)];
    for (const [output, { shape, data }] of Object.entries(before)) {
      expect(after[output]!.shape).toEqual(shape);
      expect(distance(after[output]!.data, data)).toBeLessThan(1e-6);
    }
  });

  test('runs as ONNX', async () => {
    await expectSameAsReference(forwardGraph(item), item.feeds);
    await expectSameAsReference(simplify(gradient), item.feeds);
  });
});

test.each([...forwardOnlyCases])('$name runs as ONNX', (item) => expectSameAsReference(forwardGraph(item), item.feeds));

/** Central differences of `loss` in float64 along every element of the named input. */
function differences(graph: Graph, feeds: Feeds, name: string): Float64Array {
  const step = 1e-5;
  const data = Float64Array.from(feeds[name]!.data);
  const lossAt = (index: number, value: number) => {
    const moved: NumericArray = { shape: feeds[name]!.shape, data: data.with(index, value) };
    return evaluate(graph, { ...feeds, [name]: moved }).loss!.data[0]!;
  };
  return data.map((value, index) => (lossAt(index, value + step) - lossAt(index, value - step)) / (2 * step));
}

/** The largest difference, relative to the largest element where that is above 1. */
function distance(received: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(received.length).toBe(expected.length);
  const scale = Math.max(1, ...Array.from(expected, Math.abs));
  return Math.max(0, ...Array.from(received, (value, index) => Math.abs(value - expected[index]!))) / scale;
}

async function expectSameAsReference(graph: Graph, feeds: Feeds): Promise<void> {
  const expected = interpret(graph, feeds);
  const session = await InferenceSession.create(toOnnx(graph), { logSeverityLevel: 3 });
  const used = Object.entries(feeds).map(([name, tensor]) => [name, toOnnxTensor(tensor)]);
  const received = await session.run(Object.fromEntries(used));
  for (const [output, { dtype, shape, data }] of Object.entries(expected)) {
    expect(received[output]!.type).toBe(dtype);
    expect(received[output]!.dims).toEqual(shape);
    expect(distance(received[output]!.data as Float32Array, data), output).toBeLessThan(1e-4);
  }
  await session.release();
}

function toOnnxTensor({ dtype, data, shape }: Tensor): OnnxTensor {
  return new OnnxTensor(dtype, data as never, shape);
}
