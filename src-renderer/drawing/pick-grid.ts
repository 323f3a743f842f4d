// A grid over the points of a map, for questions about what is near: under the pointer, next in a direction, inside a frame.
import type { Bounds } from './view.ts';

/** One bit of state per point: points whose byte is 0 are passed over. Null takes all. */
export type Mask = Uint8Array | null;

/** Fewer points to a cell mean more cells to visit, more of them longer lists; both ends are slower. */
const pointsPerCell = 4;
const mostCellsAcross = 1024;

export type Direction = 'left' | 'right' | 'up' | 'down';

/** Rows are the indices of points: `xy[2 * row]`, `xy[2 * row + 1]`; those at NaN are nowhere and never found. Building takes one pass to count and one to place. */
export class PickGrid {
  readonly #xy: Float32Array;
  readonly #across: number;
  readonly #cell: number;
  /** Rows of cell c: `#rows[#starts[c]…#starts[c + 1]]`. */
  readonly #starts: Uint32Array;
  readonly #rows: Uint32Array;

  /** Maps lie within −1…1 but for few outliers, which are kept in the cells at the edge: the distances stay true. */
  constructor(xy: Float32Array) {
    this.#xy = xy;
    const count = xy.length / 2;
    this.#across = Math.max(1, Math.min(mostCellsAcross, Math.ceil(Math.sqrt(count / pointsPerCell))));
    this.#cell = 2 / this.#across;
    const cells = new Uint32Array(count);
    this.#starts = new Uint32Array(this.#across ** 2 + 1);
    for (let row = 0; row < count; row++) {
      const cell = this.#column(xy[2 * row + 1]!) * this.#across + this.#column(xy[2 * row]!);
      cells[row] = cell;
      this.#starts[cell + 1]!++;
    }
    for (let cell = 1; cell < this.#starts.length; cell++) this.#starts[cell]! += this.#starts[cell - 1]!;
    const next = this.#starts.slice(0, -1);
    this.#rows = new Uint32Array(count);
    for (let row = 0; row < count; row++) this.#rows[next[cells[row]!]!++] = row;
  }

  /** Of a coordinate: x or y, which have the same range. */
  #column(value: number): number {
    const column = Math.floor((value + 1) / this.#cell);
    // NaN is kept in the last one.
    return column < 0 ? 0 : column < this.#across ? column : this.#across - 1;
  }

  /** The nearest point that is not farther than `reach` (map units); −1 where there is none. */
  nearest(x: number, y: number, reach: number, shown: Mask = null): number {
    let best = -1;
    let bestSquare = reach * reach;
    this.#rings(x, y, (row, ring) => {
      if (row === null) return (ring * this.#cell) ** 2 <= bestSquare;
      const square = (this.#xy[2 * row]! - x) ** 2 + (this.#xy[2 * row + 1]! - y) ** 2;
      if (square <= bestSquare && (shown === null || shown[row])) {
        // Of points on one spot always the same one is found, in whatever order cells are visited.
        if (square < bestSquare || best < 0 || row < best) best = row;
        bestSquare = square;
      }
      return true;
    });
    return best;
  }

  /** The nearest points, at most so many, and how far each is (map units); the nearest first. */
  nearestFew(x: number, y: number, count: number, shown: Mask = null): { row: number; distance: number }[] {
    const found: { row: number; distance: number }[] = [];
    this.#rings(x, y, (row, ring) => {
      const farthest = found.length < count ? Infinity : found.at(-1)!.distance;
      if (row === null) return ring * this.#cell <= farthest;
      const distance = Math.hypot(this.#xy[2 * row]! - x, this.#xy[2 * row + 1]! - y);
      if ((shown !== null && !shown[row]) || distance > farthest) return true;
      const at = found.findIndex((one) => one.distance > distance || (one.distance === distance && one.row > row));
      found.splice(at < 0 ? found.length : at, 0, { row, distance });
      if (found.length > count) found.pop();
      return true;
    });
    return found;
  }

  /**
   * The point to go to from another with an arrow key: near, and rather straight in the direction than aside of it.
   * Within 60° to both sides; −1 where there is none.
   */
  next(from: number, direction: Direction, shown: Mask = null): number {
    const [x, y] = [this.#xy[2 * from]!, this.#xy[2 * from + 1]!];
    const [dx, dy] = directions[direction];
    let best = -1;
    let bestCost = Infinity;
    this.#rings(x, y, (row, ring) => {
      if (row === null) return ring * this.#cell <= bestCost;
      if (row === from || (shown !== null && !shown[row])) return true;
      const [right, up] = [this.#xy[2 * row]! - x, this.#xy[2 * row + 1]! - y];
      const ahead = right * dx + up * dy;
      const aside = Math.abs(right * dy - up * dx);
      if (ahead <= 0 || aside > ahead * tangentOf60) return true;
      const cost = Math.hypot(ahead, 2 * aside);
      if (cost < bestCost || (cost === bestCost && row < best)) [best, bestCost] = [row, cost];
      return true;
    });
    return best;
  }

  /** Calls `visit` with the points inside the frame until it gives false. */
  inside({ left, right, bottom, top }: Bounds, visit: (row: number) => boolean): void {
    for (let cellY = this.#column(bottom); cellY <= this.#column(top); cellY++) {
      for (let cellX = this.#column(left); cellX <= this.#column(right); cellX++) {
        const cell = cellY * this.#across + cellX;
        for (let at = this.#starts[cell]!; at < this.#starts[cell + 1]!; at++) {
          const row = this.#rows[at]!;
          const [x, y] = [this.#xy[2 * row]!, this.#xy[2 * row + 1]!];
          if (x >= left && x <= right && y >= bottom && y <= top && !visit(row)) return;
        }
      }
    }
  }

  /**
   * Visits the cells around a position ring by ring. Before each ring, `visit(null, n)` is asked whether to go on: what
   * is in it and beyond lies at least n cell widths away, also where point or position are outside of the grid.
   */
  #rings(x: number, y: number, visit: (row: number | null, ring: number) => boolean): void {
    const [middleX, middleY] = [this.#column(x), this.#column(y)];
    const last = Math.max(middleX, middleY, this.#across - 1 - middleX, this.#across - 1 - middleY);
    for (let ring = 0; ring <= last; ring++) {
      if (!visit(null, Math.max(0, ring - 1))) return;
      for (let cellY = Math.max(0, middleY - ring); cellY <= Math.min(this.#across - 1, middleY + ring); cellY++) {
        const edge = cellY === middleY - ring || cellY === middleY + ring;
        const step = edge || ring === 0 ? 1 : 2 * ring;
        for (let cellX = middleX - ring; cellX <= middleX + ring; cellX += step) {
          if (cellX < 0 || cellX >= this.#across) continue;
          const cell = cellY * this.#across + cellX;
          for (let at = this.#starts[cell]!; at < this.#starts[cell + 1]!; at++) visit(this.#rows[at]!, ring);
        }
      }
    }
  }
}

const tangentOf60 = Math.sqrt(3);
const directions: Record<Direction, readonly [x: number, y: number]> = {
  left: [-1, 0],
  right: [1, 0],
  up: [0, 1],
  down: [0, -1],
};
