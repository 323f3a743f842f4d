// t-SNE of codes (van der Maaten and Hinton 2008) by trees (van der Maaten 2014), from the PCA map on (Kobak and Berens 2019).
// By our own hand: no library that is kept lays out 20,000 points in reasonable time and stops when it is told to.
import { setImmediate } from 'node:timers/promises';
import { throwIfCancelled } from '../contract/errors.ts';
import type { Context } from '../contract/records.ts';
import { type Edges, packEdges } from './edges.ts';
import type { Found } from './nearest-codes.ts';

export interface TsneSettings {
  /** How many neighbours count, about. */
  perplexity: number;
  /** Positions to begin from, N×2; their scale does not matter. */
  start: Float32Array;
}

/** So many neighbours of each point attract it. */
export const neighboursFor = (perplexity: number) => Math.ceil(3 * perplexity);

const iterations = 750;
const exaggerated = { iterations: 250, factor: 12 };
/** As the reference implementation has it: before and after the 250th step. */
const momenta = { early: 0.5, late: 0.8 };
/** Cells that are seen under a smaller angle are taken as one point. */
const angle = 0.5;
const leastGain = 0.01;
const startDeviation = 1e-4;

/** Positions, N×2, whose scale means nothing. The same neighbours and start give the same map. */
export async function layOutTsne(
  neighbours: Found,
  { perplexity, start }: TsneSettings,
  context: Context = {},
): Promise<Float32Array> {
  const count = start.length / 2;
  const attraction = attractionOf(neighbours, count, perplexity);
  const positions = scaledTo(start, startDeviation);
  const [speed, gains] = [new Float64Array(2 * count), new Float64Array(2 * count).fill(1)];
  const [pull, push] = [new Float64Array(2 * count), new Float64Array(2 * count)];
  const rate = Math.max(200, count / exaggerated.factor);
  const tree = new Tree(count);
  const started = performance.now();
  for (let step = 0; step < iterations; step++) {
    throwIfCancelled(context.signal);
    const isEarly = step < exaggerated.iterations;
    attract(attraction, positions, pull);
    const normal = tree.repel(positions, push);
    const factor = isEarly ? exaggerated.factor : 1;
    const momentum = isEarly ? momenta.early : momenta.late;
    for (let at = 0; at < positions.length; at++) {
      const gradient = 4 * (factor * pull[at]! - push[at]! / normal);
      // A direction that is kept is followed faster (Jacobs 1988).
      gains[at] = Math.max(leastGain, gradient * speed[at]! < 0 ? gains[at]! + 0.2 : gains[at]! * 0.8);
      speed[at] = momentum * speed[at]! - rate * gains[at]! * gradient;
      positions[at]! += speed[at]!;
    }
    centre(positions);
    const perSecond = ((step + 1) * 1000) / (performance.now() - started);
    context.onProgress?.({ stage: 'map', done: step + 1, total: iterations, rate: perSecond });
    await setImmediate();
  }
  return Float32Array.from(positions);
}

/** p of the pairs that attract each other, symmetric; all of them together 1. */
function attractionOf({ k, indices, distances }: Found, count: number, perplexity: number): Edges {
  const rows = Array.from({ length: count }, () => new Map<number, number>());
  for (let row = 0; row < count; row++) {
    const weights = conditional(distances.subarray(row * k, (row + 1) * k), Math.min(perplexity, k));
    for (const [place, weight] of weights.entries()) {
      const other = indices[row * k + place]!;
      const share = weight / (2 * count);
      rows[row]!.set(other, (rows[row]!.get(other) ?? 0) + share);
      rows[other]!.set(row, (rows[other]!.get(row) ?? 0) + share);
    }
  }
  return packEdges(rows);
}

const searches = 64;

/** A Gaussian whose entropy is the logarithm of the perplexity, its width found by halving; the weights are 1 together. */
function conditional(distances: Float32Array, perplexity: number): Float64Array {
  const nearest = distances[0] ?? 0;
  const squares = Float64Array.from(distances, (distance) => distance ** 2 - nearest ** 2);
  const wanted = Math.log(perplexity);
  let [low, high, precision] = [0, Number.POSITIVE_INFINITY, 1];
  let weights = new Float64Array(squares.length);
  for (let search = 0; search < searches; search++) {
    weights = squares.map((square) => Math.exp(-precision * square));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    const mean = squares.reduce((total, square, at) => total + square * weights[at]!, 0) / sum;
    const entropy = Math.log(sum) + precision * mean;
    weights = weights.map((weight) => weight / sum);
    if (Math.abs(entropy - wanted) < 1e-5) break;
    if (entropy > wanted) low = precision;
    else high = precision;
    precision = high === Number.POSITIVE_INFINITY ? 2 * precision : (low + high) / 2;
  }
  return weights;
}

function attract({ starts, ends, weights }: Edges, positions: Float64Array, out: Float64Array): void {
  out.fill(0);
  for (let row = 0; row + 1 < starts.length; row++) {
    const [x, y] = [positions[2 * row]!, positions[2 * row + 1]!];
    for (let at = starts[row]!; at < starts[row + 1]!; at++) {
      const [dx, dy] = [x - positions[2 * ends[at]!]!, y - positions[2 * ends[at]! + 1]!];
      const force = weights[at]! / (1 + dx * dx + dy * dy);
      out[2 * row]! += force * dx;
      out[2 * row + 1]! += force * dy;
    }
  }
}

function scaledTo(start: Float32Array, deviation: number): Float64Array {
  const positions = Float64Array.from(start);
  centre(positions);
  const now = Math.sqrt(positions.reduce((sum, value) => sum + value * value, 0) / Math.max(1, positions.length));
  // Points of equal codes would stay upon one another: they are moved apart by next to nothing, each by its own number.
  return positions.map(
    (value, at) => (now === 0 ? 0 : (value / now) * deviation) + deviation * 0.01 * Math.sin(12.9898 * (at + 1)),
  );
}

function centre(positions: Float64Array): void {
  for (const axis of [0, 1]) {
    let sum = 0;
    for (let at = axis; at < positions.length; at += 2) sum += positions[at]!;
    const mean = sum / Math.max(1, positions.length / 2);
    for (let at = axis; at < positions.length; at += 2) positions[at]! -= mean;
  }
}

// ---- the tree -----------------------------------------------------------------------------------------------------

const none = -1;
const deepest = 48;

/** Repulsion of all by all: a quadtree over all points, made anew for every step, in arrays that are kept (Barnes and Hut 1986). */
export class Tree {
  #children: Int32Array;
  /** Centre of mass, and how many points; of a leaf with one point, which it is. */
  #x: Float64Array;
  #y: Float64Array;
  #mass: Float64Array;
  #width: Float64Array;
  #point: Int32Array;
  #used = 0;
  readonly #stack: Int32Array;

  constructor(count: number) {
    const cells = Math.max(64, 4 * count);
    this.#children = new Int32Array(4 * cells);
    [this.#x, this.#y] = [new Float64Array(cells), new Float64Array(cells)];
    [this.#mass, this.#width] = [new Float64Array(cells), new Float64Array(cells)];
    this.#point = new Int32Array(cells);
    this.#stack = new Int32Array(4 * deepest + 8);
  }

  /** Fills the sums of (1 + d²)⁻² · difference for each point; gives that of (1 + d²)⁻¹ over all pairs. */
  repel(positions: Float64Array, out: Float64Array): number {
    this.#build(positions);
    let normal = 0;
    for (let point = 0; 2 * point < positions.length; point++) normal += this.#repelOne(positions, point, out);
    return Math.max(normal, Number.MIN_VALUE);
  }

  #repelOne(positions: Float64Array, point: number, out: Float64Array): number {
    const [x, y] = [positions[2 * point]!, positions[2 * point + 1]!];
    const stack = this.#stack;
    let [sum, fx, fy, depth] = [0, 0, 0, 1];
    stack[0] = 0;
    while (depth > 0) {
      const cell = stack[--depth]!;
      const mass = this.#mass[cell]!;
      if (mass === 0 || (mass === 1 && this.#point[cell] === point)) continue;
      const [dx, dy] = [x - this.#x[cell]!, y - this.#y[cell]!];
      const square = dx * dx + dy * dy;
      const isLeaf = this.#point[cell] !== none;
      if (isLeaf || this.#width[cell]! ** 2 < angle * angle * square) {
        // A leaf that holds several has points at one place; the point itself may be one of them, and pushes nothing.
        const near = 1 / (1 + square);
        const others = isLeaf && this.#point[cell] === point ? mass - 1 : mass;
        sum += others * near;
        fx += others * near * near * dx;
        fy += others * near * near * dy;
        continue;
      }
      for (let child = 0; child < 4; child++) {
        const next = this.#children[4 * cell + child]!;
        if (next !== none) stack[depth++] = next;
      }
    }
    out[2 * point] = fx;
    out[2 * point + 1] = fy;
    return sum;
  }

  #build(positions: Float64Array): void {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const value of positions) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
    this.#used = 0;
    const root = this.#cell(Math.max(high - low, 1e-12));
    const middle = (low + high) / 2;
    for (let point = 0; 2 * point < positions.length; point++) this.#insert(root, middle, positions, point);
    for (let cell = 0; cell < this.#used; cell++) {
      const mass = this.#mass[cell]!;
      this.#x[cell]! /= mass;
      this.#y[cell]! /= mass;
    }
  }

  #insert(root: number, middle: number, positions: Float64Array, point: number): void {
    const [x, y] = [positions[2 * point]!, positions[2 * point + 1]!];
    let [cell, centerX, centerY] = [root, middle, middle];
    for (let depth = 0; ; depth++) {
      const before = this.#point[cell]!;
      const isEmpty = this.#mass[cell] === 0;
      this.#mass[cell]! += 1;
      this.#x[cell]! += x;
      this.#y[cell]! += y;
      if (isEmpty) {
        this.#point[cell] = point;
        return;
      }
      if (before !== none) {
        // Deeper than that, numbers do not tell places apart.
        if (depth >= deepest) return;
        this.#point[cell] = none;
        const [oldX, oldY] = [positions[2 * before]!, positions[2 * before + 1]!];
        const child = this.#childOf(cell, oldX, oldY, centerX, centerY);
        [this.#mass[child], this.#x[child], this.#y[child], this.#point[child]] = [1, oldX, oldY, before];
      }
      const child = this.#childOf(cell, x, y, centerX, centerY);
      const quarter = this.#width[child]! / 2;
      centerX += x >= centerX ? quarter : -quarter;
      centerY += y >= centerY ? quarter : -quarter;
      cell = child;
    }
  }

  #childOf(cell: number, x: number, y: number, centerX: number, centerY: number): number {
    const at = 4 * cell + (x >= centerX ? 1 : 0) + (y >= centerY ? 2 : 0);
    const known = this.#children[at]!;
    if (known !== none) return known;
    const made = this.#cell(this.#width[cell]! / 2);
    this.#children[at] = made;
    return made;
  }

  #cell(width: number): number {
    if (this.#used === this.#mass.length) this.#grow();
    const cell = this.#used++;
    this.#children.fill(none, 4 * cell, 4 * cell + 4);
    [this.#x[cell], this.#y[cell], this.#mass[cell]] = [0, 0, 0];
    this.#width[cell] = width;
    this.#point[cell] = none;
    return cell;
  }

  #grow(): void {
    const larger = <T extends Float64Array | Int32Array>(old: T): T => {
      const grown = new (old.constructor as new (length: number) => T)(2 * old.length);
      grown.set(old as never);
      return grown;
    };
    this.#children = larger(this.#children);
    [this.#x, this.#y, this.#mass, this.#width] = [this.#x, this.#y, this.#mass, this.#width].map(larger) as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    this.#point = larger(this.#point);
  }
}
