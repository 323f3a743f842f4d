// Arithmetic on shapes: sizes, strides, broadcasting as in ONNX and NumPy. Knows no op.
import type { Dim } from '../graph.ts';

export type Shape = readonly Dim[];

/** Number of elements of a closed shape; for an open one, of each batch row. */
export function elements(shape: Shape): number {
  return shape.reduce<number>((product, dim) => (dim === 'N' ? product : product * dim), 1);
}

export function isOpen(shape: Shape): boolean {
  return shape.includes('N');
}

/** The shape of a graph that is closed; an open one is a fault of the caller. */
export function closed(shape: Shape): number[] {
  return shape.map((dim) => {
    if (dim === 'N') throw new Error(`internal: shape [${shape.join(', ')}] has an open batch`);
    return dim;
  });
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}

/** The open batch may stand nowhere but first. */
export function isValidShape(shape: Shape): boolean {
  return shape.every((dim, axis) => (dim === 'N' ? axis === 0 : Number.isInteger(dim) && dim >= 0));
}

/** The common shape, or undefined where there is none. */
export function broadcastShapes(shapes: readonly Shape[]): Dim[] | undefined {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const result: Dim[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const dims = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1).filter((dim) => dim !== 1);
    if (dims.some((dim) => dim !== dims[0])) return undefined;
    result.push(dims[0] ?? 1);
  }
  return isValidShape(result) ? result : undefined;
}

/** Row-major strides in elements. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides: number[] = new Array(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}

/** Calls `visit` with every index of `shape` in row-major order. The same array is passed each time. */
export function forEachIndex(
  shape: readonly number[],
  visit: (index: readonly number[], position: number) => void,
): void {
  const count = elements(shape);
  const index = shape.map(() => 0);
  for (let position = 0; position < count; position++) {
    visit(index, position);
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis]! === shape[axis]; axis--) index[axis] = 0;
  }
}

/** The offset of `index` (in a shape that `shape` broadcasts to) in an array of `shape`. */
export function broadcastOffset(
  shape: readonly number[],
  strides: readonly number[],
  index: readonly number[],
): number {
  const lead = index.length - shape.length;
  let offset = 0;
  for (let axis = 0; axis < shape.length; axis++) {
    if (shape[axis] !== 1) offset += index[axis + lead]! * strides[axis]!;
  }
  return offset;
}
