// From a model spec to graph nodes: which parameters a model has, how they start, and how it encodes and decodes.
import { PinholeError } from '../contract/errors.ts';
import type { Activation, Layer, ModelSpec } from '../contract/spec.ts';
import { type Bottleneck, createBottleneck, type Lookup } from './bottleneck.ts';
import type { Value } from './builder.ts';
import {
  add,
  cast,
  clipStraightThrough,
  conv2d,
  depthToSpace,
  divide,
  gelu,
  groupNorm,
  layerNorm,
  leakyRelu,
  matmul,
  multiply,
  pad,
  relu,
  reshape,
  sigmoid,
  silu,
  softplus,
  subtract,
  tanh,
  transpose,
} from './functions.ts';
import type { Dim } from './graph.ts';
import { elements } from './ops/shapes.ts';
import type { NamedShape } from './training-step.ts';

export interface ImageShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** `uniform` draws from ±limit. */
export type Start = { type: 'zeros' } | { type: 'ones' } | { type: 'uniform'; limit: number };

export interface Parameter extends NamedShape {
  readonly start: Start;
}

/** One line of a model summary. `output` is the shape behind the layer, without the batch. */
export interface LayerSummary {
  part: 'encoder' | 'decoder';
  layer: string;
  output: readonly number[];
  parameters: number;
}

export interface Model {
  readonly spec: ModelSpec;
  readonly image: ImageShape;
  readonly parameters: readonly Parameter[];
  /** Frozen: the PCA start's mean (pixels), basis (pixels × codes) and standard deviations (codes). */
  readonly constants: readonly NamedShape[];
  readonly layers: readonly LayerSummary[];
  readonly bottleneck: Bottleneck;
  /** Pixels N×(H·W·C), float32, 0–1 (see `scaledPixels`) → what the bottleneck makes codes of. */
  embed(lookup: Lookup, pixels: Value): Value;
  /** What the bottleneck makes of codes → reconstructed pixels N×(H·W·C), 0–1 where the model has learned to stay there. */
  rebuild(lookup: Lookup, decoded: Value): Value;
  /** Pixels → codes N×K, float32; plain ones are in pixel units where there is a PCA start. */
  encode(lookup: Lookup, pixels: Value): Value;
  /** Codes N×K → reconstructed pixels. */
  decode(lookup: Lookup, codes: Value): Value;
}

/** Everything that a model is made of, by name: what is learned, what is frozen, and what follows the codes. */
export function modelValues({ parameters, constants, bottleneck }: Model): NamedShape[] {
  return [...parameters, ...constants, ...bottleneck.buffers];
}

/** What flows between layers: N×size, or N×C×H×W maps. */
type Flow = { kind: 'flat'; size: number } | { kind: 'map'; channels: number; height: number; width: number };

interface BuiltLayer {
  readonly layer: Layer;
  readonly input: Flow;
  readonly output: Flow;
  readonly parameters: readonly Parameter[];
  apply(lookup: Lookup, x: Value): Value;
}

/**
 * Lays out every layer of a spec for images of one shape.
 * Throws `spec-invalid` naming the layer and the shapes where layers do not fit together.
 */
export function buildModel(spec: ModelSpec, image: ImageShape): Model {
  const pixels = image.height * image.width * image.channels;
  const imageFlow: Flow = { kind: 'map', ...image };
  const bottleneck = createBottleneck(spec);
  const { encoderSize, decoderSize } = bottleneck;
  const encoder = buildLayers('encoder', spec.encoder, imageFlow);
  const decoder = buildLayers('decoder', spec.decoder, { kind: 'flat', size: decoderSize });
  expectSize(spec, 'encoder', encoder, encoderSize, describeEncoderSize(spec, encoderSize));
  expectSize(spec, 'decoder', decoder, pixels, `${image.height}×${image.width}×${image.channels} pixels`);
  if (spec.pcaStart && bottleneck.numbers.type === 'integers') {
    throw new PinholeError(
      'spec-invalid',
      `Model "${spec.name}": a PCA start gives numbers of any size, but the code ${spec.code.type} is made of whole numbers.`,
      'Leave out the PCA start, or choose a plain or variational code.',
    );
  }
  if (spec.pcaStart && spec.codeSize > pixels) {
    throw new PinholeError(
      'spec-invalid',
      `The code size ${spec.codeSize} is larger than the image (${pixels} values), so nothing would be reduced.`,
      `Choose a code size of at most ${pixels}, or larger images.`,
    );
  }

  const constants: NamedShape[] = spec.pcaStart
    ? [
        { name: 'pca.mean', shape: [pixels] },
        { name: 'pca.basis', shape: [pixels, spec.codeSize] },
        { name: 'pca.deviation', shape: [spec.codeSize] },
      ]
    : [];

  // Means of a variational code are held against the standard normal: they are whitened, and plain codes are in pixel units.
  const whitened = spec.code.type === 'variational';
  const toPixelUnits = (lookup: Lookup, x: Value) => multiply(x, lookup('pca.deviation'));
  const fromPixelUnits = (lookup: Lookup, x: Value) => divide(x, lookup('pca.deviation'));

  const model: Model = {
    spec,
    image,
    bottleneck,
    constants,
    parameters: [...encoder, ...decoder].flatMap((built) => built.parameters),
    layers: [...summarise('encoder', encoder), ...summarise('decoder', decoder)],

    embed(lookup, x) {
      const learned = flatten(run(encoder, lookup, pixelsToMaps(x, image)));
      if (!spec.pcaStart) return learned;
      const projected = matmul(subtract(x, lookup('pca.mean')), lookup('pca.basis'));
      if (!whitened) return add(projected, toPixelUnits(lookup, learned));
      // The logarithms of variances behind the means start without it.
      return add(learned, pad(fromPixelUnits(lookup, projected), [0, 0], [0, encoderSize - spec.codeSize]));
    },

    rebuild(lookup, decoded) {
      const toDecoder = spec.pcaStart && !whitened ? fromPixelUnits(lookup, decoded) : decoded;
      const learned = mapsToPixels(run(decoder, lookup, toDecoder));
      const inPixels = () => (whitened ? toPixelUnits(lookup, decoded) : decoded);
      const total = spec.pcaStart ? add(learned, backProjection(lookup, inPixels())) : learned;
      return spec.output === 'clip' ? clipStraightThrough(total, 0, 1) : total;
    },

    encode: (lookup, x) => bottleneck.encode(lookup, model.embed(lookup, x)),
    decode: (lookup, codes) => model.rebuild(lookup, bottleneck.decode(lookup, codes)),
  };
  return model;
}

/** uint8 images N×H×W×C → N×(H·W·C) float32, 0–1. Flat, because a last axis of one channel costs the runtime dearly. */
export function scaledPixels(images: Value): Value {
  return multiply(cast(flatten(images), 'float32'), 1 / 255);
}

/** Parameters of a model, counted. */
export function countParameters(model: Model): number {
  return model.parameters.reduce((total, parameter) => total + elements(parameter.shape), 0);
}

function backProjection(lookup: Lookup, codes: Value): Value {
  return matmul(codes, lookup('pca.basis'), { transposeB: true, bias: lookup('pca.mean') });
}

// ---- layers -------------------------------------------------------------------------------------------------------

function buildLayers(part: 'encoder' | 'decoder', layers: readonly Layer[], input: Flow): BuiltLayer[] {
  let flow = input;
  return layers.map((layer, index) => {
    const built = buildLayer(`${part}.${index}`, layer, flow);
    flow = built.output;
    return built;
  });
}

function buildLayer(name: string, layer: Layer, input: Flow): BuiltLayer {
  const parts = { layer, input };
  switch (layer.type) {
    case 'dense': {
      const size = flowSize(input);
      const weight = weights(`${name}.weight`, [size, layer.units], size, layer.units, layer);
      const bias = zeros(`${name}.bias`, [layer.units]);
      return {
        ...parts,
        output: { kind: 'flat', size: layer.units },
        parameters: [weight, bias],
        apply: (lookup, x) =>
          activate(matmul(flatten(x), lookup(weight.name), { bias: lookup(bias.name) }), layer.activation),
      };
    }
    case 'conv': {
      const map = expectMap(name, layer, input);
      const { filters, kernel, stride } = layer;
      const convolution = convolutionParameters(name, map.channels, filters, kernel, layer);
      const padding = samePadding(kernel, stride, map.height, map.width);
      return {
        ...parts,
        output: {
          kind: 'map',
          channels: filters,
          height: Math.ceil(map.height / stride),
          width: Math.ceil(map.width / stride),
        },
        parameters: convolution,
        apply: (lookup, x) => activate(convolve(lookup, convolution, x, stride, padding), layer.activation),
      };
    }
    case 'residual': {
      const map = expectMap(name, layer, input);
      const groups = groupsFor(map.channels);
      const norms = ['norm1', 'norm2'].map((norm) => normParameters(`${name}.${norm}`, map.channels));
      const first = convolutionParameters(`${name}.conv1`, map.channels, map.channels, 3, {
        activation: layer.activation,
      });
      // The last convolution starts at zero, so that every block starts as the identity (Goyal et al. 2017).
      const second = convolutionParameters(`${name}.conv2`, map.channels, map.channels, 3, { start: 'zero' });
      const padding = samePadding(3, 1, map.height, map.width);
      return {
        ...parts,
        output: map,
        parameters: [...norms[0]!, ...first, ...norms[1]!, ...second],
        apply(lookup, x) {
          const normed = (value: Value, norm: Parameter[]) =>
            activate(groupNorm(value, groups, affine(lookup, norm)), layer.activation);
          const inner = convolve(lookup, first, normed(x, norms[0]!), 1, padding);
          return add(x, convolve(lookup, second, normed(inner, norms[1]!), 1, padding));
        },
      };
    }
    case 'upsample': {
      const map = expectMap(name, layer, input);
      const { filters, factor } = layer;
      const convolution = convolutionParameters(name, map.channels, filters * factor ** 2, 3, layer);
      const padding = samePadding(3, 1, map.height, map.width);
      return {
        ...parts,
        output: { kind: 'map', channels: filters, height: map.height * factor, width: map.width * factor },
        parameters: convolution,
        apply: (lookup, x) =>
          activate(depthToSpace(convolve(lookup, convolution, x, 1, padding), factor), layer.activation),
      };
    }
    case 'groupNorm': {
      const map = expectMap(name, layer, input);
      if (map.channels % layer.groups !== 0) {
        throw invalid(name, layer, `${map.channels} channels cannot be divided into ${layer.groups} groups`);
      }
      const norm = normParameters(name, map.channels);
      return {
        ...parts,
        output: map,
        parameters: norm,
        apply: (lookup, x) => groupNorm(x, layer.groups, affine(lookup, norm)),
      };
    }
    case 'layerNorm': {
      const size = flowSize(input);
      const norm = normParameters(name, size);
      return {
        ...parts,
        output: { kind: 'flat', size },
        parameters: norm,
        apply: (lookup, x) => layerNorm(flatten(x), affine(lookup, norm)),
      };
    }
    case 'activation':
      return { ...parts, output: input, parameters: [], apply: (_, x) => activate(x, layer.activation) };
    case 'reshape': {
      const { height, width, channels } = layer;
      if (flowSize(input) !== height * width * channels) {
        throw invalid(name, layer, `${flowSize(input)} values cannot become ${height}×${width}×${channels}`);
      }
      return {
        ...parts,
        output: { kind: 'map', height, width, channels },
        parameters: [],
        apply: (_, x) => reshape(x, [batch(x), channels, height, width]),
      };
    }
    default:
      return layer satisfies never;
  }
}

function run(layers: readonly BuiltLayer[], lookup: Lookup, x: Value): Value {
  return layers.reduce((value, layer) => layer.apply(lookup, value), x);
}

function convolve(
  lookup: Lookup,
  [weight, bias]: readonly Parameter[],
  x: Value,
  stride: number,
  padding: Padding,
): Value {
  return conv2d(x, lookup(weight!.name), lookup(bias!.name), { stride: [stride, stride], padding });
}

function affine(lookup: Lookup, [gain, bias]: readonly Parameter[]) {
  return { gain: lookup(gain!.name), bias: lookup(bias!.name) };
}

function activate(x: Value, activation: Activation): Value {
  switch (activation) {
    case 'linear':
      return x;
    case 'relu':
      return relu(x);
    case 'leakyRelu':
      return leakyRelu(x, 0.01);
    case 'silu':
      return silu(x);
    case 'gelu':
      return gelu(x);
    case 'sigmoid':
      return sigmoid(x);
    case 'tanh':
      return tanh(x);
    case 'softplus':
      return softplus(x);
    default:
      return activation satisfies never;
  }
}

// ---- parameters ---------------------------------------------------------------------------------------------------

type WeightStart = { start?: 'he' | 'glorot' | 'zero' | undefined; activation?: Activation | undefined };

/** Uniform limits: √(6 / fan-in) (He et al. 2015) or √(6 / (fan-in + fan-out)) (Glorot and Bengio 2010). */
function weights(name: string, shape: number[], fanIn: number, fanOut: number, layer: WeightStart): Parameter {
  const start = layer.start ?? (isRectifier(layer.activation) ? 'he' : 'glorot');
  if (start === 'zero') return zeros(name, shape);
  return { name, shape, start: { type: 'uniform', limit: Math.sqrt(6 / (start === 'he' ? fanIn : fanIn + fanOut)) } };
}

function isRectifier(activation: Activation | undefined): boolean {
  return activation === 'relu' || activation === 'leakyRelu' || activation === 'silu' || activation === 'gelu';
}

function convolutionParameters(
  name: string,
  from: number,
  to: number,
  kernel: number,
  start: WeightStart,
): Parameter[] {
  const area = kernel ** 2;
  return [
    weights(`${name}.weight`, [to, from, kernel, kernel], from * area, to * area, start),
    zeros(`${name}.bias`, [to]),
  ];
}

function normParameters(name: string, size: number): Parameter[] {
  return [{ name: `${name}.gain`, shape: [size], start: { type: 'ones' } }, zeros(`${name}.bias`, [size])];
}

function zeros(name: string, shape: number[]): Parameter {
  return { name, shape, start: { type: 'zeros' } };
}

/** The largest number of groups up to 8 that divides the channels. */
function groupsFor(channels: number): number {
  return [8, 7, 6, 5, 4, 3, 2].find((groups) => channels % groups === 0) ?? 1;
}

// ---- shapes -------------------------------------------------------------------------------------------------------

type Padding = readonly [number, number, number, number];

/** Padding that keeps ⌈size / stride⌉, the odd pixel at the bottom and right (TensorFlow's SAME). */
function samePadding(kernel: number, stride: number, height: number, width: number): Padding {
  const total = (size: number) => Math.max((Math.ceil(size / stride) - 1) * stride + kernel - size, 0);
  const [vertical, horizontal] = [total(height), total(width)];
  const [top, left] = [Math.floor(vertical / 2), Math.floor(horizontal / 2)];
  return [top, left, vertical - top, horizontal - left];
}

/** N×(H·W·C) → N×C×H×W; one channel needs no transposition. */
function pixelsToMaps(x: Value, { height, width, channels }: ImageShape): Value {
  if (channels === 1) return reshape(x, [batch(x), 1, height, width]);
  return transpose(reshape(x, [batch(x), height, width, channels]), [0, 3, 1, 2]);
}

function mapsToPixels(x: Value): Value {
  const isColour = x.shape.length === 4 && x.shape[1] !== 1;
  return flatten(isColour ? transpose(x, [0, 2, 3, 1]) : x);
}

function flatten(x: Value): Value {
  const [first, ...rest] = x.shape;
  return rest.length === 1 ? x : reshape(x, [first!, elements(rest)]);
}

function batch(x: Value): Dim {
  return x.shape[0]!;
}

function flowSize(flow: Flow): number {
  return flow.kind === 'flat' ? flow.size : flow.channels * flow.height * flow.width;
}

function flowShape(flow: Flow): number[] {
  return flow.kind === 'flat' ? [flow.size] : [flow.height, flow.width, flow.channels];
}

function expectMap(name: string, layer: Layer, flow: Flow) {
  if (flow.kind === 'map') return flow;
  throw invalid(name, layer, `it needs height×width×channels, and receives ${flow.size} values without a place`);
}

function describeEncoderSize({ code, codeSize }: ModelSpec, size: number): string {
  if (code.type === 'variational') return `${size} values (a mean and a log-variance for each of ${codeSize} codes)`;
  if (code.type === 'vq') return `${size} values (${code.size} for each of ${codeSize} codes)`;
  return `the code size ${codeSize}`;
}

function expectSize(spec: ModelSpec, part: 'encoder' | 'decoder', layers: BuiltLayer[], size: number, what: string) {
  const last = layers.at(-1);
  const received = last === undefined ? 0 : flowSize(last.output);
  if (received === size) return;
  throw new PinholeError(
    'spec-invalid',
    `Model "${spec.name}": the ${part} must end in ${what}, but ${last === undefined ? 'it has no layers' : `its last layer (${last.layer.type}) gives ${flowShape(last.output).join('×')}`}.`,
    `Change the last layer of the ${part}.`,
  );
}

function invalid(name: string, layer: Layer, why: string): PinholeError {
  return new PinholeError(
    'spec-invalid',
    `Layer ${name} (${layer.type}): ${why}.`,
    'Change this layer or the one before it.',
  );
}

function summarise(part: 'encoder' | 'decoder', layers: BuiltLayer[]): LayerSummary[] {
  return layers.map(({ layer, output, parameters }) => ({
    part,
    layer: layer.type,
    output: flowShape(output),
    parameters: parameters.reduce((total, parameter) => total + elements(parameter.shape), 0),
  }));
}
