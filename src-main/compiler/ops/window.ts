// Arithmetic on the windows of convolutions: how far they reach, and what they leave over. Knows no op.

export interface Window {
  readonly stride: readonly [number, number];
  /** Top, left, bottom, right. */
  readonly padding: readonly [number, number, number, number];
  readonly dilation: readonly [number, number];
}

/** Rows or columns that a dilated kernel spans. */
export function span(kernel: number, dilation: number): number {
  return (kernel - 1) * dilation + 1;
}

export function padded(size: number, { padding }: Window, side: 0 | 1): number {
  return size + padding[side] + padding[side + 2]!;
}

/** What a strided window leaves over at the end of a row or column. */
export function leftover(size: number, kernel: number, window: Window, side: 0 | 1): number {
  return (padded(size, window, side) - span(kernel, window.dilation[side])) % window.stride[side];
}

/**
 * The window that walks back over the result of an unstrided one, with the kernel turned by 180°: what turns a convolution
 * into a transposed one, and the other way round. Undefined where a stride or too much padding leaves none.
 */
export function mirrored({ stride, padding, dilation }: Window, kernels: readonly number[]): Window | undefined {
  const reach = (side: number) => span(kernels[side]!, dilation[side]!) - 1;
  const [top, left, bottom, right] = padding.map((amount, edge) => reach(edge % 2) - amount);
  const mirroredPadding = [top!, left!, bottom!, right!] as const;
  const exists = stride.every((step) => step === 1) && mirroredPadding.every((amount) => amount >= 0);
  return exists ? { stride, padding: mirroredPadding, dilation } : undefined;
}
