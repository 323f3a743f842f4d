// Groups of images by the graph of their nearest codes: PhenoGraph (Levine and others 2015), which is Jaccard weights and Louvain.
// By our own hand: the libraries at hand build an object for each of the million edges that 70,000 images have.
import { setImmediate } from 'node:timers/promises';
import { throwIfCancelled } from '../contract/errors.ts';
import type { ClusterSettings } from '../contract/explore.ts';
import type { Context } from '../contract/records.ts';
import { createRandom, permutation, type Random } from '../numerics/random.ts';
import { type Edges, packEdges } from './edges.ts';
import type { Found } from './nearest-codes.ts';

export interface Cluster {
  /** Rows, ascending. */
  members: Uint32Array;
  /** Rows of those that are tied most to the others of their cluster, the most central first; at most nine. */
  central: number[];
}

export interface Clustering {
  /** Of every row, its place among the clusters, which are from the largest to the smallest. */
  cluster: Int32Array;
  clusters: Cluster[];
  /** Of the division, −½ to 1 (Newman and Girvan 2004), at resolution 1. */
  modularity: number;
}

const shownCentral = 9;

/** Symmetric. */
interface Graph extends Edges {
  /** Of each node: its own weight from edges within it, counted twice, as Louvain's later levels have them. */
  loops: Float64Array;
}

export async function findClusters(
  neighbours: Found,
  /** Resolution as in Reichardt and Bornholdt 2006. */
  { resolution, seed }: Pick<ClusterSettings, 'resolution' | 'seed'>,
  context: Context = {},
): Promise<Clustering> {
  const graph = jaccardGraph(neighbours);
  const count = graph.loops.length;
  const random = createRandom(seed);
  let membership = Int32Array.from({ length: count }, (_, row) => row);
  let level = graph;
  for (let depth = 0; ; depth++) {
    throwIfCancelled(context.signal);
    const moved = await moveNodes(level, resolution, random, context);
    const communities = renumber(moved);
    membership = membership.map((node) => communities.of[node]!);
    context.onProgress?.({ stage: 'clusters', done: depth + 1, total: null, rate: 0 });
    if (communities.count === level.loops.length) break;
    level = aggregate(level, communities);
  }
  return describe(graph, membership);
}

/** Of two images: how many of their nearest are the same, of all that are near one of them; both are near themselves. */
function jaccardGraph({ count, k, indices }: Found): Graph {
  const edges = Array.from({ length: count }, () => new Map<number, number>());
  const near = Array.from({ length: count }, (_, row) => new Set(indices.subarray(row * k, (row + 1) * k)).add(row));
  for (let row = 0; row < count; row++) {
    for (const other of near[row]!) {
      if (other === row || edges[row]!.has(other)) continue;
      let shared = 0;
      for (const one of near[row]!) if (near[other]!.has(one)) shared++;
      const weight = shared / (near[row]!.size + near[other]!.size - shared);
      edges[row]!.set(other, weight);
      edges[other]!.set(row, weight);
    }
  }
  return { ...packEdges(edges), loops: new Float64Array(count) };
}

function degreesOf({ starts, weights, loops }: Graph): Float64Array {
  return loops.map((loop, node) => {
    let sum = loop;
    for (let at = starts[node]!; at < starts[node + 1]!; at++) sum += weights[at]!;
    return sum;
  });
}

/** Gains below this are rounding. */
const smallestGain = 1e-9;

/** Blondel, Guillaume, Lambiotte and Lefebvre 2008: each node goes where modularity gains most, until none gains any more. */
async function moveNodes(graph: Graph, resolution: number, random: Random, context: Context): Promise<Int32Array> {
  const { starts, ends, weights } = graph;
  const degrees = degreesOf(graph);
  const total = degrees.reduce((sum, degree) => sum + degree, 0);
  const community = Int32Array.from(degrees, (_, node) => node);
  const sums = degrees.slice();
  const toward = new Map<number, number>();
  let hasMoved = total > 0;
  while (hasMoved) {
    hasMoved = false;
    for (const [turn, node] of permutation(degrees.length, random).entries()) {
      if (turn % 5000 === 0) {
        throwIfCancelled(context.signal);
        await setImmediate();
      }
      const own = community[node]!;
      toward.clear();
      toward.set(own, 0);
      for (let at = starts[node]!; at < starts[node + 1]!; at++) {
        const other = community[ends[at]!]!;
        toward.set(other, (toward.get(other) ?? 0) + weights[at]!);
      }
      sums[own]! -= degrees[node]!;
      const gainOf = (to: number, weight: number) => weight - (resolution * degrees[node]! * sums[to]!) / total;
      let [best, most] = [own, gainOf(own, toward.get(own)!) + smallestGain];
      for (const [to, weight] of toward) {
        const gain = gainOf(to, weight);
        if (gain > most) [best, most] = [to, gain];
      }
      sums[best]! += degrees[node]!;
      if (best === own) continue;
      community[node] = best;
      hasMoved = true;
    }
  }
  return community;
}

interface Communities {
  /** Of each node, from 0 on without gaps. */
  of: Int32Array;
  count: number;
}

function renumber(community: Int32Array): Communities {
  const numbers = new Map<number, number>();
  const of = community.map((name) => {
    const known = numbers.get(name) ?? numbers.size;
    numbers.set(name, known);
    return known;
  });
  return { of, count: numbers.size };
}

/** Communities become nodes. */
function aggregate({ starts, ends, weights, loops }: Graph, { of, count }: Communities): Graph {
  const edges = Array.from({ length: count }, () => new Map<number, number>());
  const within = new Float64Array(count);
  for (const [node, own] of of.entries()) {
    within[own]! += loops[node]!;
    for (let at = starts[node]!; at < starts[node + 1]!; at++) {
      const other = of[ends[at]!]!;
      if (other === own) within[own]! += weights[at]!;
      else edges[own]!.set(other, (edges[own]!.get(other) ?? 0) + weights[at]!);
    }
  }
  return { ...packEdges(edges), loops: within };
}

function describe(graph: Graph, membership: Int32Array): Clustering {
  const groups = new Map<number, number[]>();
  for (const [row, name] of membership.entries()) {
    const known = groups.get(name);
    if (known) known.push(row);
    else groups.set(name, [row]);
  }
  const sorted = [...groups].sort(([, a], [, b]) => b.length - a.length || a[0]! - b[0]!);
  const place = new Map(sorted.map(([name], index) => [name, index]));
  const cluster = membership.map((name) => place.get(name)!);
  const ties = tiesWithin(graph, cluster);
  const clusters = sorted.map(([, members]) => ({
    members: Uint32Array.from(members),
    central: members.toSorted((a, b) => ties[b]! - ties[a]! || a - b).slice(0, shownCentral),
  }));
  return { cluster, clusters, modularity: modularityOf(graph, cluster, ties, clusters.length) };
}

/** Weight of the edges of each node that stay within its cluster. */
function tiesWithin({ starts, ends, weights }: Graph, cluster: Int32Array): Float64Array {
  return Float64Array.from(cluster, (own, node) => {
    let sum = 0;
    for (let at = starts[node]!; at < starts[node + 1]!; at++) if (cluster[ends[at]!] === own) sum += weights[at]!;
    return sum;
  });
}

function modularityOf(graph: Graph, cluster: Int32Array, ties: Float64Array, count: number): number {
  const degrees = degreesOf(graph);
  const total = degrees.reduce((sum, degree) => sum + degree, 0);
  if (total === 0) return 0;
  const sums = new Float64Array(count);
  for (const [node, degree] of degrees.entries()) sums[cluster[node]!]! += degree;
  const inside = ties.reduce((sum, tie) => sum + tie, 0);
  return inside / total - sums.reduce((sum, degree) => sum + (degree / total) ** 2, 0);
}
