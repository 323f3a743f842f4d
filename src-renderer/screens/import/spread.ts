// Which of a data set's images stand for it in a list.

/** Up to `most` of the ids 0 … count − 1, evenly spread, each once. */
export function spreadIds(count: number, most: number): Int32Array {
  const length = Math.min(most, count);
  return Int32Array.from({ length }, (_, index) => Math.floor((index * count) / length));
}
