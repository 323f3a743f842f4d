// The bottleneck: what the encoder's numbers become as a code, what the decoder gets of it, and how it learns.
import { PinholeError } from '../contract/errors.ts';
import type { CodeSpec, ModelSpec } from '../contract/spec.ts';
import type { Value } from './builder.ts';
import {
  add,
  cast,
  clipStraightThrough,
  conv2d,
  divide,
  equal,
  exp,
  floor,
  greater,
  matmul,
  multiply,
  reduceMax,
  reduceMean,
  reduceSum,
  reshape,
  round,
  slice,
  square,
  straightThrough,
  subtract,
  tanh,
  transpose,
  where,
} from './functions.ts';
import { elements } from './ops/shapes.ts';
import type { NamedShape } from './training-step.ts';

/** Finds a parameter, constant or buffer of the graph being built by its name. */
export type Lookup = (name: string) => Value;

/** What the numbers of a code are. Whole numbers run from 0 to `levels[i]` − 1 in place i. */
export type CodeNumbers = { readonly type: 'continuous' } | { readonly type: 'integers'; readonly levels: number[] };

/** Random numbers that a step is fed: standard normal, or uniform in [0, 1). */
export interface RandomFeed extends NamedShape {
  readonly draw: 'normal' | 'uniform';
}

export interface TrainingInputs {
  readonly lookup: Lookup;
  feed(name: string): Value;
  setBuffer(name: string, next: Value): void;
}

/** The way of a batch through the bottleneck while training. */
export interface Passage {
  /** N×decoderSize, with the gradient that the encoder learns from. */
  readonly decoded: Value;
  /** What penalties on the code see: its numbers before they are rounded or drawn. */
  readonly codes: Value;
  /** Added to the loss as it is. */
  readonly penalty?: Value;
}

/** What is known of each code: a distribution, of which the code is the mean. */
export interface Posterior {
  /** N×encoderSize and standard normal numbers N×K → N×K, one draw of each code. */
  draw(encoded: Value, noise: Value): Value;
  /** N×encoderSize → N: nats from the prior. */
  divergence(encoded: Value): Value;
}

export interface Bottleneck {
  /** Numbers that the encoder must end in and that the decoder begins with. */
  readonly encoderSize: number;
  readonly decoderSize: number;
  readonly numbers: CodeNumbers;
  readonly buffers: readonly NamedShape[];
  feeds(batchSize: number): readonly RandomFeed[];
  /** N×encoderSize → codes N×K; whole numbers are float32 too. */
  encode(lookup: Lookup, encoded: Value): Value;
  /** Codes N×K → N×decoderSize. */
  decode(lookup: Lookup, codes: Value): Value;
  train(inputs: TrainingInputs, encoded: Value): Passage;
  /** Where codes have a prior: what the decoder learns from and what they cost. */
  readonly posterior?: Posterior;
}

/** Throws `spec-invalid` where the code's own numbers do not fit together. */
export function createBottleneck(spec: ModelSpec): Bottleneck {
  const { code, codeSize } = spec;
  switch (code.type) {
    case 'plain':
      return plain(codeSize);
    case 'variational':
      return variational(codeSize);
    case 'vq':
      return vectorQuantised(codeSize, code);
    case 'fsq':
      return scalarQuantised(codeSize, levelsOf(spec, code.levels));
    default:
      return code satisfies never;
  }
}

function plain(codeSize: number): Bottleneck {
  return {
    encoderSize: codeSize,
    decoderSize: codeSize,
    numbers: { type: 'continuous' },
    buffers: [],
    feeds: () => [],
    encode: (_, encoded) => encoded,
    decode: (_, codes) => codes,
    train: (_, encoded) => ({ decoded: encoded, codes: encoded }),
  };
}

// ---- variational --------------------------------------------------------------------------------------------------

// Variances from e⁻¹² to e⁶: beyond, exp would be no number any more after one bad step.
const logVarianceRange = [-12, 6] as const;

/**
 * A normal distribution of each code number, drawn from while training as mean + deviation · `codeNoise` (Kingma and Welling
 * 2014). The divergence from the standard normal is ½ Σ (mean² + variance − log variance − 1), nats of an image.
 */
function variational(codeSize: number): Bottleneck {
  const half = (encoded: Value, first: number) => slice(encoded, [0, first], [encoded.shape[0]!, codeSize]);
  const mean = (encoded: Value) => half(encoded, 0);
  const logVariance = (encoded: Value) => clipStraightThrough(half(encoded, codeSize), ...logVarianceRange);
  const posterior: Posterior = {
    draw: (encoded, noise) => add(mean(encoded), multiply(exp(multiply(logVariance(encoded), 0.5)), noise)),
    divergence(encoded) {
      const spread = subtract(exp(logVariance(encoded)), logVariance(encoded));
      const nats = subtract(add(square(mean(encoded)), spread), 1);
      return multiply(reduceSum(nats, { axes: [1] }), 0.5);
    },
  };
  return {
    encoderSize: 2 * codeSize,
    decoderSize: codeSize,
    numbers: { type: 'continuous' },
    buffers: [],
    feeds: (batchSize) => [{ name: 'codeNoise', shape: [batchSize, codeSize], draw: 'normal' }],
    encode: (_, encoded) => mean(encoded),
    decode: (_, codes) => codes,
    train: ({ feed }, encoded) => ({ decoded: posterior.draw(encoded, feed('codeNoise')), codes: mean(encoded) }),
    posterior,
  };
}

// ---- vector quantised ---------------------------------------------------------------------------------------------

// An entry that is used less than this share of an average entry is dead. Ten times more would also replace rare but
// real ones; ten times less would leave dead ones for a thousand steps.
const deadShare = 0.01;

/**
 * The encoder ends in `size` channels at K places (as maps are flattened), and each place takes the nearest entry of the
 * codebook. Entries follow the mean of the values that chose them, by moving averages of sums and counts (van den Oord et al.
 * 2017, appendix A.1), and an entry that hardly anything chooses starts anew at a value of the batch, which `revival` draws.
 * At the start all are dead: the first step fills the codebook with values of its batch.
 */
function vectorQuantised(
  codeSize: number,
  { entries, size, decay, commitment }: Extract<CodeSpec, { type: 'vq' }>,
): Bottleneck {
  const [codebook, sums, counts] = ['codebook', 'codebook.sum', 'codebook.count'] as const;

  /** N×size×1×K → N×1×1×K. As a convolution with the entries as filters, which an open batch goes through. */
  function choose(lookup: Lookup, values: Value): Value {
    const table = lookup(codebook);
    // v·e − ½|e|² is ½|v|² − ½|v − e|², and ½|v|² all entries share.
    const bias = multiply(reduceSum(square(table), { axes: [1] }), -0.5);
    return firstLargest(conv2d(values, reshape(table, [entries, size, 1, 1]), bias), entries);
  }

  /** N×entries×1×K → N×size×1×K. */
  function lookUp(lookup: Lookup, chosen: Value): Value {
    return conv2d(chosen, reshape(transpose(lookup(codebook), [1, 0]), [size, entries, 1, 1]));
  }

  function follow({ lookup, feed, setBuffer }: TrainingInputs, values: Value, chosen: Value): void {
    const [batch] = values.shape as readonly number[];
    const rows = batch! * codeSize;
    const asRows = (x: Value) => reshape(transpose(x, [0, 2, 3, 1]), [rows, x.shape[1]!]);
    const kept = (name: string, now: Value) => add(multiply(lookup(name), decay), multiply(now, 1 - decay));
    const count = kept(counts, reshape(reduceSum(asRows(chosen), { axes: [0] }), [entries, 1]));
    const sum = kept(sums, matmul(asRows(chosen), asRows(values), { transposeA: true }));
    const average = rows / entries;
    const isDead = greater(average * deadShare, count);
    const drawn = floor(multiply(reshape(feed('revival'), [entries, 1]), rows));
    const revived = matmul(oneHot(drawn, rows), asRows(values));
    setBuffer(codebook, where(isDead, revived, divide(sum, count)));
    setBuffer(sums, where(isDead, multiply(revived, average), sum));
    setBuffer(counts, where(isDead, average, count));
  }

  const asMap = (encoded: Value) => reshape(encoded, [encoded.shape[0]!, size, 1, codeSize]);
  const flat = (map: Value) => reshape(map, [map.shape[0]!, elements(map.shape.slice(1))]);
  return {
    encoderSize: codeSize * size,
    decoderSize: codeSize * size,
    numbers: { type: 'integers', levels: Array(codeSize).fill(entries) },
    buffers: [
      { name: codebook, shape: [entries, size] },
      { name: sums, shape: [entries, size] },
      { name: counts, shape: [entries, 1] },
    ],
    feeds: () => [{ name: 'revival', shape: [entries], draw: 'uniform' }],
    encode: (lookup, encoded) => flat(choose(lookup, asMap(encoded))),
    decode(lookup, codes) {
      const places = reshape(codes, [codes.shape[0]!, 1, 1, codeSize]);
      return flat(lookUp(lookup, oneHot(places, entries)));
    },
    train(inputs, encoded) {
      const values = asMap(encoded);
      const chosen = oneHot(choose(inputs.lookup, values), entries);
      const nearest = lookUp(inputs.lookup, chosen);
      follow(inputs, values, chosen);
      return {
        decoded: flat(straightThrough(nearest, values)),
        codes: encoded,
        penalty: multiply(reduceMean(square(subtract(values, nearest))), commitment),
      };
    },
  };
}

/** Along axis 1: the place of the largest number, the first of equals, as float32; the axis stays, with length 1. */
function firstLargest(x: Value, length: number): Value {
  const isLargest = cast(equal(x, reduceMax(x, { axes: [1], keepDims: true })), 'float32');
  // Counted down, so that the first of equals is the largest.
  const fromEnd = alongAxis1(x, length, (index) => length - index);
  return subtract(length, reduceMax(multiply(isLargest, fromEnd), { axes: [1], keepDims: true }));
}

/** Whole numbers with axis 1 of length 1 → 1 at each number's place along that axis, 0 elsewhere. */
function oneHot(numbers: Value, length: number): Value {
  return cast(
    equal(
      numbers,
      alongAxis1(numbers, length, (index) => index),
    ),
    'float32',
  );
}

function alongAxis1(x: Value, length: number, number: (index: number) => number): Value {
  const shape = x.shape.map((_, axis) => (axis === 1 ? length : 1));
  return x.builder.constant(
    Array.from({ length }, (_, index) => number(index)),
    shape,
  );
}

// ---- finite scalar quantised --------------------------------------------------------------------------------------

// Beyond the outermost levels by a hair, so that tanh reaches them and two levels have a shift.
const boundary = 1e-3;

/**
 * Each number is bounded by a shifted tanh so that rounding gives as many levels as it should have (Mentzer et al. 2024,
 * section 3.1); the decoder gets them scaled to about −1…1, and the gradient passes the rounding as if it were not there.
 */
function scalarQuantised(codeSize: number, levels: readonly number[]): Bottleneck {
  const reach = levels.map((count) => ((count - 1) * (1 + boundary)) / 2);
  const offset = levels.map((count) => (count % 2 === 0 ? 0.5 : 0));
  const shift = levels.map((_, place) => Math.atanh(offset[place]! / reach[place]!));
  const middle = levels.map((count) => Math.floor(count / 2));
  const row = (x: Value, numbers: readonly number[]) => x.builder.constant(numbers, [codeSize]);
  const bounded = (encoded: Value) =>
    subtract(multiply(tanh(add(encoded, row(encoded, shift))), row(encoded, reach)), row(encoded, offset));
  const scaled = (rounded: Value) => divide(rounded, row(rounded, middle));
  return {
    encoderSize: codeSize,
    decoderSize: codeSize,
    numbers: { type: 'integers', levels: [...levels] },
    buffers: [],
    feeds: () => [],
    encode: (_, encoded) => add(round(bounded(encoded)), row(encoded, middle)),
    decode: (_, codes) => scaled(subtract(codes, row(codes, middle))),
    train(_, encoded) {
      const continuous = bounded(encoded);
      return { decoded: scaled(straightThrough(round(continuous), continuous)), codes: continuous };
    },
  };
}

function levelsOf({ name, codeSize }: ModelSpec, levels: readonly number[]): number[] {
  if (levels.length === codeSize) return [...levels];
  if (levels.length === 1) return Array(codeSize).fill(levels[0]);
  throw new PinholeError(
    'spec-invalid',
    `Model "${name}": the code has ${codeSize} numbers, but levels for ${levels.length}.`,
    'Give one number of levels for all, or one for each number of the code.',
  );
}
