// The weighted edges of a graph, row after row in flat arrays.

/** Row r has the edges `starts[r]` to `starts[r + 1]`. */
export interface Edges {
  starts: Uint32Array;
  ends: Uint32Array;
  weights: Float64Array;
}

/** Of each row: weights by the row at the other end; their order is kept. */
export function packEdges(rows: readonly ReadonlyMap<number, number>[]): Edges {
  const starts = new Uint32Array(rows.length + 1);
  for (const [row, map] of rows.entries()) starts[row + 1] = starts[row]! + map.size;
  const ends = new Uint32Array(starts.at(-1)!);
  const weights = new Float64Array(ends.length);
  for (const [row, map] of rows.entries()) {
    let at = starts[row]!;
    for (const [other, weight] of map) {
      ends[at] = other;
      weights[at++] = weight;
    }
  }
  return { starts, ends, weights };
}
