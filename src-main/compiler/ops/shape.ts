// Ops that move elements without computing: transpose, reshape, broadcast, slice, pad, concatenate.
import type { Value } from '../builder.ts';
import * as f from '../functions.ts';
import type { Dim, TensorType } from '../graph.ts';
import { invalid, type NumericArray, type Op } from './op.ts';
import {
  broadcastOffset,
  broadcastShapes,
  closed,
  elements,
  forEachIndex,
  isOpen,
  isValidShape,
  sameShape,
  stridesOf,
} from './shapes.ts';

export interface ShapeParams {
  /** Result axis i is input axis permutation[i]. */
  transpose: { readonly permutation: readonly number[] };
  /** 'N' takes what the other dimensions leave. */
  reshape: { readonly shape: readonly Dim[] };
  broadcastTo: { readonly shape: readonly Dim[] };
  /** Per axis: first index and length; 'N' with start 0 takes the whole open batch. */
  slice: { readonly starts: readonly number[]; readonly sizes: readonly Dim[] };
  /** Zeros per axis, before and after. */
  pad: { readonly before: readonly number[]; readonly after: readonly number[] };
  concat: { readonly axis: number };
}

/** The result of reading, for each index of `shape`, the element of `x` that `source` names. */
function gather(x: NumericArray, shape: readonly number[], source: (index: readonly number[]) => number): Float64Array {
  const result = new Float64Array(elements(shape));
  forEachIndex(shape, (index, position) => {
    result[position] = x.data[source(index)]!;
  });
  return result;
}

function single(op: string, inputs: readonly TensorType[]): TensorType {
  if (inputs.length !== 1) throw invalid(op, 'one tensor', inputs);
  return inputs[0]!;
}

const transpose: Op<ShapeParams['transpose']> = {
  infer({ permutation }, inputs) {
    const { dtype, shape } = single('transpose', inputs);
    const result = permutation.map((axis) => shape[axis]!);
    const complete = permutation.length === shape.length && shape.every((_, axis) => permutation.includes(axis));
    if (!complete || !isValidShape(result))
      throw invalid('transpose', `a shape that [${permutation.join(', ')}] permutes`, inputs);
    return { dtype, shape: result };
  },
  gradient: ({ params: { permutation }, gradient }) => [
    f.transpose(
      gradient,
      permutation.map((_, axis) => permutation.indexOf(axis)),
    ),
  ],
  onnx: (emit, { params, inputs }) => emit.node('Transpose', inputs, { perm: { ints: params.permutation } }),
  tensorflow: (tf, { params, inputs: [x] }) => tf.transpose(x!, [...params.permutation]),
  reference({ permutation }, [x], shape) {
    const strides = stridesOf(x!.shape);
    return gather(x!, shape, (index) => index.reduce((sum, at, axis) => sum + at * strides[permutation[axis]!]!, 0));
  },
};

const reshape: Op<ShapeParams['reshape']> = {
  infer({ shape }, inputs) {
    const x = single('reshape', inputs);
    const resolved = resolveBatch(shape, x.shape);
    const fits =
      isValidShape(resolved) && isOpen(resolved) === isOpen(x.shape) && elements(resolved) === elements(x.shape);
    if (!fits) throw invalid('reshape', `as many elements as [${shape.join(', ')}]`, inputs);
    return { dtype: x.dtype, shape: resolved };
  },
  gradient: ({ inputs: [x], gradient }) => [f.reshape(gradient, x!.shape)],
  onnx: (emit, { inputs, type }) =>
    emit.node('Reshape', [inputs[0]!, emit.integers(type.shape.map((dim) => (dim === 'N' ? -1 : dim)))]),
  tensorflow: (tf, { inputs: [x], shape }) => tf.reshape(x!, shape),
  reference: (_, [x]) => x!.data,
};

/** The shape asked for, where its open batch is known from a closed input. */
function resolveBatch(shape: readonly Dim[], input: readonly Dim[]): readonly Dim[] {
  if (isOpen(input)) return shape;
  return shape.map((dim) => (dim === 'N' ? elements(input) / elements(shape) : dim));
}

const broadcastTo: Op<ShapeParams['broadcastTo']> = {
  infer({ shape }, inputs) {
    const x = single('broadcastTo', inputs);
    const batch = x.shape.length === shape.length ? x.shape[0] : undefined;
    const resolved = shape.map((dim) => (dim === 'N' && batch !== undefined ? batch : dim));
    if (!sameShape(broadcastShapes([x.shape, resolved]) ?? [], resolved))
      throw invalid('broadcastTo', `a shape that broadcasts to [${shape.join(', ')}]`, inputs);
    return { dtype: x.dtype, shape: resolved };
  },
  gradient: ({ inputs: [x], gradient }) => [f.sumTo(gradient, x!.shape)],
  // Expand broadcasts both ways, so 1 keeps the open batch.
  onnx: (emit, { inputs, type }) =>
    emit.node('Expand', [inputs[0]!, emit.integers(type.shape.map((dim) => (dim === 'N' ? 1 : dim)))]),
  tensorflow: (tf, { inputs: [x], shape }) => tf.broadcastTo(x!, shape),
  reference(_, [x], shape) {
    const strides = stridesOf(x!.shape);
    return gather(x!, shape, (index) => broadcastOffset(x!.shape, strides, index));
  },
};

const slice: Op<ShapeParams['slice']> = {
  infer({ starts, sizes }, inputs) {
    const x = single('slice', inputs);
    const fits = (dim: Dim, axis: number) => {
      const [start, size] = [starts[axis]!, sizes[axis]!];
      if (size === 'N') return axis === 0 && start === 0;
      return dim !== 'N' && start >= 0 && size >= 1 && start + size <= dim;
    };
    const valid = starts.length === x.shape.length && sizes.length === x.shape.length && x.shape.every(fits);
    if (!valid) throw invalid('slice', `a shape that holds [${sizes.join(', ')}] from [${starts.join(', ')}]`, inputs);
    return { dtype: x.dtype, shape: sizes.map((size, axis) => (size === 'N' ? x.shape[axis]! : size)) };
  },
  gradient({ params: { starts }, inputs: [x], output, gradient }) {
    const [whole, part] = [closed(x!.shape), closed(output.shape)];
    return [
      f.pad(
        gradient,
        starts,
        whole.map((dim, axis) => dim - starts[axis]! - part[axis]!),
      ),
    ];
  },
  onnx(emit, { params: { starts }, inputs, inputTypes: [x], type }) {
    const axes = type.shape.flatMap((dim, axis) => (dim === x!.shape[axis] ? [] : [axis]));
    if (axes.length === 0) return emit.node('Identity', inputs);
    const ends = axes.map((axis) => starts[axis]! + (type.shape[axis] as number));
    return emit.node('Slice', [
      inputs[0]!,
      emit.integers(axes.map((axis) => starts[axis]!)),
      emit.integers(ends),
      emit.integers(axes),
    ]);
  },
  tensorflow: (tf, { params, inputs: [x], shape }) => tf.slice(x!, [...params.starts], shape),
  reference({ starts }, [x], shape) {
    const strides = stridesOf(x!.shape);
    return gather(x!, shape, (index) =>
      index.reduce((sum, at, axis) => sum + (at + starts[axis]!) * strides[axis]!, 0),
    );
  },
};

const pad: Op<ShapeParams['pad']> = {
  infer({ before, after }, inputs) {
    const x = single('pad', inputs);
    const amounts = [...before, ...after];
    const keepsBatch = !isOpen(x.shape) || (before[0] === 0 && after[0] === 0);
    const valid =
      before.length === x.shape.length &&
      after.length === x.shape.length &&
      keepsBatch &&
      amounts.every((amount) => Number.isInteger(amount) && amount >= 0);
    if (!valid)
      throw invalid('pad', `a shape that takes [${before.join(', ')}] before and [${after.join(', ')}] after`, inputs);
    return {
      dtype: x.dtype,
      shape: x.shape.map((dim, axis) => (dim === 'N' ? dim : dim + before[axis]! + after[axis]!)),
    };
  },
  gradient: ({ params: { before }, inputs: [x], gradient }) => [f.slice(gradient, before, x!.shape)],
  onnx: (emit, { params: { before, after }, inputs }) =>
    emit.node('Pad', [inputs[0]!, emit.integers([...before, ...after])]),
  tensorflow: (tf, { params: { before, after }, inputs: [x] }) =>
    tf.pad(
      x!,
      before.map((amount, axis) => [amount, after[axis]!]),
    ),
  reference({ before }, [x], shape) {
    const strides = stridesOf(shape);
    const result = new Float64Array(elements(shape));
    forEachIndex(x!.shape, (index, position) => {
      result[index.reduce((sum, at, axis) => sum + (at + before[axis]!) * strides[axis]!, 0)] = x!.data[position]!;
    });
    return result;
  },
};

const concat: Op<ShapeParams['concat']> = {
  infer({ axis }, inputs) {
    const [first, ...rest] = inputs;
    const fits = (x: TensorType) =>
      x.dtype === first!.dtype &&
      x.shape.length === first!.shape.length &&
      x.shape.every((dim, i) => i === axis || dim === first!.shape[i]);
    const valid =
      first &&
      axis >= 0 &&
      axis < first.shape.length &&
      inputs.every(({ shape }) => shape[axis] !== 'N') &&
      rest.every(fits);
    if (!valid) throw invalid('concat', `tensors that differ in axis ${axis} only`, inputs);
    const length = inputs.reduce((sum, { shape }) => sum + (shape[axis] as number), 0);
    return { dtype: first.dtype, shape: first.shape.map((dim, i) => (i === axis ? length : dim)) };
  },
  gradient({ params: { axis }, inputs, gradient }) {
    let start = 0;
    return inputs.map((input): Value => {
      const starts = input.shape.map((_, i) => (i === axis ? start : 0));
      start += input.shape[axis] as number;
      return f.slice(gradient, starts, input.shape);
    });
  },
  onnx: (emit, { params, inputs }) => emit.node('Concat', inputs, { axis: { int: params.axis } }),
  tensorflow: (tf, { params, inputs }) => tf.concat([...inputs], params.axis),
  reference({ axis }, inputs, shape) {
    const owners = inputs.flatMap((input, which) =>
      Array.from({ length: input.shape[axis]! }, (_, at) => ({ which, at })),
    );
    const strides = inputs.map((input) => stridesOf(input.shape));
    const result = new Float64Array(elements(shape));
    forEachIndex(shape, (index, position) => {
      const { which, at } = owners[index[axis]!]!;
      const offset = index.reduce((sum, value, i) => sum + (i === axis ? at : value) * strides[which]![i]!, 0);
      result[position] = inputs[which]!.data[offset]!;
    });
    return result;
  },
};

export const shapeOps = { transpose, reshape, broadcastTo, slice, pad, concat };
