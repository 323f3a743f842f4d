// Forward convolutions and their input gradients: the two forms they can be computed in, and which is taken for which shape.
import type { Value } from './builder.ts';
import * as f from './functions.ts';
import type { Graph } from './graph.ts';
import { closed } from './ops/shapes.ts';
import type { OpParams } from './ops/table.ts';
import { mirrored } from './ops/window.ts';
import { type Candidate, rewriteOnce } from './simplify.ts';

/**
 * Takes the cheaper of two forms, equal up to rounding, for every convolution of stride 1. ONNX Runtime's Conv unfolds its
 * input (kernel² × input channels) and its ConvTranspose folds its result (kernel² × result channels), so it is best to
 * have that done where the channels are few. CPU milliseconds of ONNX Runtime 1.30 on an AMD EPYC with AVX2, batch 64, 3×3:
 *
 * | channels, side | Conv | ConvTranspose |
 * |---|---|---|
 * | 3 → 16, 64 | 8 | 27 |
 * | 16 → 64, 32 | 20 | 49 |
 * | 32 → 32, 16 | 7.4 | 10.4 |
 * | 64 → 64, 8 | 5.7 | 7.5 |
 * | 64 → 16, 32 | 31 | 24 |
 * | 16 → 3, 64 | 19 | 12 |
 *
 * For training only: for weights that are part of a model, ONNX Runtime has a Conv that beats both.
 */
export function chooseConvolutionForms(graph: Graph): Graph {
  return rewriteOnce(graph, [foldInstead, unfoldInstead]);
}

function foldInstead({ node, inputs: [x, weights, bias] }: Candidate): Value | undefined {
  if (node.op !== 'conv2d') return undefined;
  const [results, channels, ...kernel] = closed(weights!.shape) as [number, number, number, number];
  const window = mirrored(node.params as OpParams['conv2d'], kernel);
  return window && results < channels ? f.convTranspose2d(x!, turned(weights!), bias, window) : undefined;
}

function unfoldInstead({ node, inputs: [x, weights, bias] }: Candidate): Value | undefined {
  if (node.op !== 'convTranspose2d') return undefined;
  const [channels, results, ...kernel] = closed(weights!.shape) as [number, number, number, number];
  const window = mirrored(node.params as OpParams['convTranspose2d'], kernel);
  return window && results >= channels ? f.conv2d(x!, turned(weights!), bias, window) : undefined;
}

/** A×B×h×w to B×A×h×w with every kernel turned by 180°: a product with a permutation, which every device has. */
function turned(weights: Value): Value {
  const [first, second, height, width] = closed(weights.shape) as [number, number, number, number];
  const taps = height * width;
  const reversal = Float32Array.from({ length: taps ** 2 }, (_, at) =>
    Number(Math.floor(at / taps) + (at % taps) === taps - 1),
  );
  const rows = f.reshape(weights, [first * second, taps]);
  const reversed = f.matmul(rows, weights.builder.constant(reversal, [taps, taps]));
  return f.transpose(f.reshape(reversed, [first, second, height, width]), [1, 0, 2, 3]);
}
