// Maps of the codes of MNIST: time of PCA, of neighbours and of UMAP, and recall of the index against brute force.
import { readCodes } from '../../../src-main/latent/encode.ts';
import { pcaLayout, umapLayout } from '../../../src-main/latent/map.ts';
import { nearestCodes } from '../../../src-main/latent/nearest-codes.ts';
import { runPaths } from '../../../src-main/training/run-files.ts';
import { figure, number, type WindowSection } from './figures.ts';
import { mnistWorkspace, openStage, temporaryFolder } from './stage.ts';

const count = 70_000;
const k = 15;
/** Seconds. */
const limits = { pca: 3, neighbours: 30, umap: 90 };
const sampled = 500;

export function umapSection(): WindowSection {
  return {
    id: 'window-umap',
    title: `Maps of ${count.toLocaleString('en-US')} codes of MNIST, one thread`,
    async measure() {
      const all = await mnistCodes();
      const codes = all.codes.subarray(0, count * all.size);
      const first = { ...all, ids: all.ids.subarray(0, count), codes };
      const { seconds: plane, processor: projecting } = await timed(() => pcaLayout(first));
      const { seconds: search, value: found, processor: searching } = await timed(() => nearestCodes(first, k, {}));
      const settings = { method: 'umap', neighbours: k, minDistance: 0.1, seed: 1 } as const;
      const { seconds: whole, processor: mapping } = await timed(() => umapLayout(first, settings));
      return {
        rows: [
          line(`PCA of ${all.size} numbers a code`, plane, projecting, limits.pca),
          line(`index, and ${k} neighbours of each`, search, searching, limits.neighbours),
          line('UMAP with both', whole, mapping, limits.umap),
          [
            `recall of the ${k} neighbours`,
            recall(codes, all.size, found.indices).toFixed(4),
            `of ${sampled} codes against brute force`,
          ],
        ],
        remarks: [],
      };
    },
  };
}

const line = (name: string, seconds: number, processor: number, limit: number) => [
  ...figure(name, [seconds], 's', limit),
  `${number(processor)} s of a processor`,
];

async function mnistCodes() {
  using folder = temporaryFolder();
  const workspace = await mnistWorkspace(folder.path);
  await using stage = await openStage(workspace, [], folder.path);
  const [run] = await stage.service.runs();
  return readCodes(runPaths(run!.folder).codes);
}

/** Seconds that passed, and seconds of a processor: on a busy machine they are far apart. */
async function timed<T>(work: () => Promise<T>): Promise<{ value: T; seconds: number; processor: number }> {
  const [started, before] = [performance.now(), process.cpuUsage()];
  const value = await work();
  const { user, system } = process.cpuUsage(before);
  return { value, seconds: (performance.now() - started) / 1000, processor: (user + system) / 1e6 };
}

/** Share of the true nearest neighbours that the index found, over codes spread evenly. */
function recall(codes: Float32Array, size: number, indices: Int32Array): number {
  let hits = 0;
  for (let sample = 0; sample < sampled; sample++) {
    const row = Math.floor((sample * count) / sampled);
    const found = new Set(indices.subarray(row * k, (row + 1) * k));
    for (const other of trueNeighbours(codes, size, row)) hits += Number(found.has(other));
  }
  return hits / (sampled * k);
}

function trueNeighbours(codes: Float32Array, size: number, row: number): Uint32Array {
  const distances = new Float64Array(count);
  for (let other = 0; other < count; other++) {
    let sum = 0;
    for (let at = 0; at < size; at++) sum += (codes[other * size + at]! - codes[row * size + at]!) ** 2;
    distances[other] = sum;
  }
  distances[row] = Number.POSITIVE_INFINITY;
  return Uint32Array.from({ length: count }, (_, other) => other)
    .sort((a, b) => distances[a]! - distances[b]!)
    .subarray(0, k);
}
