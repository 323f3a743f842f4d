// Bottlenecks: codes are what they should be, gradients pass, and a codebook follows what chooses it.
import { describe, expect, test } from 'vitest';
import { createBottleneck } from '../../src-main/compiler/bottleneck.ts';
import { GraphBuilder } from '../../src-main/compiler/builder.ts';
import { multiply, reduceSum } from '../../src-main/compiler/functions.ts';
import { gradients } from '../../src-main/compiler/gradient.ts';
import type { Tensor } from '../../src-main/compiler/graph.ts';
import { interpret } from '../../src-main/compiler/reference.ts';
import type { CodeSpec, ModelSpec } from '../../src-main/contract/spec.ts';

const specOf = (code: CodeSpec, codeSize = 2): ModelSpec => ({
  name: 'test',
  codeSize,
  code,
  pcaStart: false,
  output: 'linear',
  encoder: [],
  decoder: [],
});
const tensor = (shape: readonly number[], ...data: number[]): Tensor => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(data),
});

/** Codes and what is decoded from them, of rows that an encoder gave. */
function forward(spec: ModelSpec, encoded: Tensor, values: Record<string, Tensor> = {}) {
  const builder = new GraphBuilder();
  const bottleneck = createBottleneck(spec);
  const inputs = new Map(
    bottleneck.buffers.map(({ name, shape }) => [name, builder.input(name, { dtype: 'float32', shape })]),
  );
  const lookup = (name: string) => inputs.get(name)!;
  const x = builder.input('encoded', { dtype: 'float32', shape: ['N', bottleneck.encoderSize] });
  const codes = bottleneck.encode(lookup, x);
  const graph = builder.build('forward', { codes, decoded: bottleneck.decode(lookup, codes) });
  const unused = Object.fromEntries(
    bottleneck.buffers.map(({ name, shape }) => [name, tensor(shape, ...Array(shape[0]! * shape[1]!).fill(0))]),
  );
  return interpret(graph, { ...unused, encoded, ...values });
}

/** The gradient of Σ weight · decoded, what is decoded, and the buffers after the step. */
function learn(spec: ModelSpec, encoded: Tensor, values: Record<string, Tensor>, weights: Tensor) {
  const builder = new GraphBuilder();
  const bottleneck = createBottleneck(spec);
  const fed = [...bottleneck.feeds(encoded.shape[0]!), ...bottleneck.buffers];
  const inputs = new Map(fed.map(({ name, shape }) => [name, builder.input(name, { dtype: 'float32', shape })]));
  const find = (name: string) => inputs.get(name)!;
  const x = builder.input('encoded', { dtype: 'float32', shape: encoded.shape });
  const next: Record<string, ReturnType<typeof find>> = {};
  const setBuffer = (name: string, value: ReturnType<typeof find>) => {
    next[name] = value;
  };
  const { decoded, penalty } = bottleneck.train({ lookup: find, feed: find, setBuffer }, x);
  const loss = reduceSum(multiply(decoded, builder.constant(weights.data, weights.shape)));
  const [gradient] = gradients(loss, [x]);
  const [ofPenalty] = penalty ? gradients(penalty, [x]) : [];
  const outputs = { decoded, gradient: gradient!, ...(penalty && { penalty, ofPenalty: ofPenalty! }), ...next };
  return interpret(builder.build('learn', outputs), { ...values, encoded });
}

describe('a variational code', () => {
  const spec = specOf({ type: 'variational' });

  test('is its means', () => {
    const { codes, decoded } = forward(spec, tensor([2, 4], 1, 2, 9, 9, 3, 4, 9, 9));
    expect([...codes!.data]).toEqual([1, 2, 3, 4]);
    expect(decoded).toEqual(codes);
  });

  test('is drawn from its distribution while training', () => {
    const noise = { codeNoise: tensor([1, 2], 0.5, -2) };
    const { decoded, gradient } = learn(spec, tensor([1, 4], 1, 2, 0, Math.log(9)), noise, tensor([1, 2], 1, 10));
    expect([...decoded!.data].map((x) => Number(x.toFixed(5)))).toEqual([1.5, -4]);
    // d(mean + e^(l/2)·ε)/dl = ½ e^(l/2)·ε
    expect([...gradient!.data].map((x) => Number(x.toFixed(5)))).toEqual([1, 10, 0.25, -30]);
  });

  test.each([
    [[0, 0, 0, 0], 0],
    [[1, 0, 0, 0], 0.5],
    [[0, 0, Math.log(4), 0], 0.5 * (4 - Math.log(4) - 1)],
  ])('%j diverges from the prior by %d nats', (row, nats) => {
    const builder = new GraphBuilder();
    const x = builder.input('encoded', { dtype: 'float32', shape: [1, 4] });
    const graph = builder.build('divergence', { nats: createBottleneck(spec).posterior!.divergence(x) });
    expect(interpret(graph, { encoded: tensor([1, 4], ...row) }).nats!.data[0]).toBeCloseTo(nats, 5);
  });
});

describe('a vector-quantised code', () => {
  const code = { type: 'vq', entries: 3, size: 2, decay: 0.5, commitment: 0.25 } as const;
  const spec = specOf(code);
  const codebook = { codebook: tensor([3, 2], 0, 0, 1, 1, 1, -1) };
  // Channels first, as maps are flattened: the first row holds (0.9, 0.8) and (0.1, −0.2).
  const encoded = tensor([2, 4], 0.9, 0.1, 0.8, -0.2, 2, 0.6, -3, 0.6);

  test('is the place of the nearest entry, and decodes to that entry', () => {
    const { codes, decoded } = forward(spec, encoded, codebook);
    expect(codes!.shape).toEqual([2, 2]);
    expect([...codes!.data]).toEqual([1, 0, 2, 1]);
    expect([...decoded!.data]).toEqual([1, 0, 1, 0, 1, 1, -1, 1]);
  });

  test('is the first of entries that are equally near', () => {
    const equal = { codebook: tensor([3, 2], 5, 5, 1, 1, 1, 1) };
    expect([...forward(spec, tensor([1, 4], 1, 1, 1, 1), equal).codes!.data]).toEqual([1, 1]);
  });

  const state = {
    ...codebook,
    'codebook.sum': tensor([3, 2], 0, 0, 4, 4, 0, 0),
    'codebook.count': tensor([3, 1], 4, 4, 0),
    revival: tensor([3], 0.3, 0.6, 0.9),
  };

  test('passes the gradient straight through, and draws values to their entries', () => {
    const weights = tensor([2, 4], 1, 2, 3, 4, 5, 6, 7, 8);
    const { decoded, gradient, penalty, ofPenalty } = learn(spec, encoded, state, weights);
    expect([...decoded!.data]).toEqual([1, 0, 1, 0, 1, 1, -1, 1]);
    expect([...gradient!.data]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const differences = [-0.1, 0.1, -0.2, -0.2, 1, -0.4, -2, -0.4];
    const mean = differences.reduce((sum, x) => sum + x ** 2, 0) / 8;
    expect(penalty!.data[0]).toBeCloseTo(0.25 * mean, 6);
    for (const [index, x] of differences.entries()) expect(ofPenalty!.data[index]).toBeCloseTo((0.25 * 2 * x) / 8, 6);
  });

  test('entries follow the means of what chose them', () => {
    const next = learn(spec, encoded, state, tensor([2, 4], ...Array(8).fill(0)));
    // Entry 1 was chosen by (0.9, 0.8) and (0.6, 0.6): half of the old sum and count, half of the new ones.
    expect(next['codebook.count']!.data[1]).toBeCloseTo(0.5 * 4 + 0.5 * 2, 6);
    expect(next['codebook.sum']!.data[2]).toBeCloseTo(0.5 * 4 + 0.5 * 1.5, 6);
    expect(next.codebook!.data[2]).toBeCloseTo(2.75 / 3, 6);
    expect(next.codebook!.data[3]).toBeCloseTo((0.5 * 4 + 0.5 * 1.4) / 3, 6);
  });

  test('a dead entry starts anew at the value that was drawn for it', () => {
    const dead = { ...state, codebook: tensor([3, 2], 0, 0, 1, 1, 50, 50), 'codebook.count': tensor([3, 1], 4, 4, 0) };
    const next = learn(spec, encoded, dead, tensor([2, 4], ...Array(8).fill(0)));
    // 0.9 of four values is the last one: the second place of the second row.
    expect([...next.codebook!.data.slice(4)].map((x) => Number(x.toFixed(6)))).toEqual([0.6, 0.6]);
    expect(next['codebook.count']!.data[2]).toBeCloseTo(4 / 3, 6);
  });

  test('the first step fills an empty codebook with values of its batch', () => {
    const zeros = (name: string, shape: number[]) => [name, tensor(shape, ...Array(shape[0]! * shape[1]!).fill(0))];
    const empty = Object.fromEntries([
      zeros('codebook', [3, 2]),
      zeros('codebook.sum', [3, 2]),
      zeros('codebook.count', [3, 1]),
    ]);
    const next = learn(spec, encoded, { ...empty, revival: state.revival }, tensor([2, 4], ...Array(8).fill(0)));
    expect([...next.codebook!.data.slice(2)].map((x) => Number(x.toFixed(6)))).toEqual([2, -3, 0.6, 0.6]);
  });
});

describe('a scalar-quantised code', () => {
  test.each([2, 3, 4, 5, 8, 16])('of %d levels has exactly as many, from 0 up', (levels) => {
    const rows = Array.from({ length: 401 }, (_, index) => (index - 200) / 20);
    const { codes, decoded } = forward(specOf({ type: 'fsq', levels: [levels] }, 1), tensor([401, 1], ...rows));
    expect([...new Set(codes!.data)].sort((a, b) => a - b)).toEqual(
      Array.from({ length: levels }, (_, level) => level),
    );
    expect(Math.max(...decoded!.data.map(Math.abs))).toBe(1);
    expect([...codes!.data]).toEqual([...codes!.data].sort((a, b) => a - b));
  });

  test('passes the gradient of the bounded value', () => {
    const spec = specOf({ type: 'fsq', levels: [5, 5] });
    const { decoded, gradient } = learn(spec, tensor([1, 2], 0.4, 0), {}, tensor([1, 2], 1, 3));
    expect([...decoded!.data]).toEqual([0.5, 0]);
    const slope = (x: number) => (1 - Math.tanh(x) ** 2) * 2 * 1.001 * 0.5;
    expect(gradient!.data[0]).toBeCloseTo(slope(0.4), 5);
    expect(gradient!.data[1]).toBeCloseTo(3 * slope(0), 5);
  });

  test('levels for another number of codes are refused', () => {
    expect(() => createBottleneck(specOf({ type: 'fsq', levels: [3, 4, 5] }))).toThrow(
      'Model "test": the code has 2 numbers, but levels for 3.',
    );
  });
});
