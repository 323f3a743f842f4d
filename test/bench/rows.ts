// The rows of the benchmark: what is measured, who is measured, and which ratios are asked for. Measures nothing itself.
import type { PresetName } from '../../src-main/contract/settings.ts';
import type { Data } from './data.ts';
import { type Floor, ours } from './statistics.ts';

export type PeerName =
  | 'Pinhole'
  | 'Pinhole capped'
  | 'Pinhole before'
  | 'TensorFlow.js'
  | 'PyTorch'
  | 'Pillow'
  | 'pandas';

export interface Contender {
  name: string;
  /** Whom it stands for in ratios; several contenders of one group are variants, and the best of them counts. */
  group: string;
  peer: PeerName;
  request: Record<string, unknown>;
}

export interface Row {
  id: string;
  title: string;
  unit: string;
  contenders: readonly Contender[];
  floors: readonly Floor[];
  /** Why this row cannot be measured here. */
  skipped?: string;
}

const densePresets = ['agarap2019', 'recommended', 'deep'] as const;
const residualConvolutional: PresetName = 'resconv';

/** `threadCounts`: what PyTorch is tried at. `seconds`: how long one turn of a contender lasts where it can be cut short. */
export function benchmarkRows(data: Data, threadCounts: readonly number[], seconds: number): Row[] {
  return [
    ...densePresets.map((preset) => stepRow(data, preset, threadCounts, seconds)),
    convolutionRow(data, seconds),
    updateRow(data, seconds),
    streamRow(data, seconds),
    ...(['agarap2019', 'recommended'] as const).map((preset) => loopRow(data, preset, threadCounts, seconds)),
    pngRow(data),
    photoRow(data),
    encodeRow(data, threadCounts, seconds),
    csvRow(data),
    codesRow('pack', 'Codes to bytes: 16 numbers a code', seconds),
    codesRow('unpack', 'Bytes to codes', seconds),
  ];
}

/** The same rows with an earlier revision of Pinhole beside this one, and nobody else. */
export function comparedRows(rows: readonly Row[], revision: string): Row[] {
  return rows.map((row) => {
    const mine = row.contenders.filter((contender) => contender.group === ours);
    const before = mine.map((contender) => ({
      ...contender,
      name: `Pinhole at ${revision}`,
      group: revision,
      peer: 'Pinhole before' as const,
    }));
    return { ...row, contenders: [...mine, ...before], floors: [{ against: revision, atLeast: null }] };
  });
}

function stepRow(data: Data, preset: string, threadCounts: readonly number[], seconds: number): Row {
  const task = { task: 'step', preset, seconds };
  return needs(data.pixels, 'the MNIST IDX files', {
    id: `step-${preset}`,
    title: `Training step, ${preset}`,
    unit: 'images/s',
    contenders: [
      pinhole({ ...task, pixels: here(data, data.pixels) }),
      // To be seen, not to stand for Pinhole: small models gain nothing from a second thread, and lose on a busy machine.
      {
        name: 'Pinhole, 1 thread',
        group: 'one thread',
        peer: 'Pinhole',
        request: { ...task, threads: 1, pixels: here(data, data.pixels) },
      },
      {
        name: 'TensorFlow.js wasm',
        group: 'TensorFlow.js',
        peer: 'TensorFlow.js',
        request: { ...task, pixels: here(data, data.pixels) },
      },
      ...torchVariants(threadCounts, { ...task, pixels: python(data, data.pixels) }),
    ],
    floors: [
      { against: 'TensorFlow.js', atLeast: 15 },
      { against: 'PyTorch', atLeast: 1 },
    ],
  });
}

/** Photographs at 64×64, batch 64, two threads: forward, gradients and AdamW. PyTorch in both of its layouts. */
function convolutionRow(data: Data, seconds: number): Row {
  const task = { task: 'step', preset: residualConvolutional, threads: 2, seconds };
  const pytorch = (channelsLast: boolean) =>
    torch(`2 threads, fused optimiser, channels ${channelsLast ? 'last' : 'first'}`, {
      ...task,
      fused: true,
      channelsLast,
      pixels: python(data, data.photoPixels),
    });
  return needs(data.photoPixels, 'the photographs', {
    id: 'step-residual',
    title: 'Training step, residual convolutions at 64×64×3',
    unit: 'images/s',
    contenders: [pinhole({ ...task, pixels: here(data, data.photoPixels) }), pytorch(false), pytorch(true)],
    floors: [{ against: 'PyTorch', atLeast: 0.7 }],
  });
}

/** A ratio of 0.8 means that the update takes a fifth of the step. */
function updateRow(data: Data, seconds: number): Row {
  const network = { preset: 'recommended', hidden: [1568, 784], seconds, pixels: here(data, data.pixels) };
  return needs(data.pixels, 'the MNIST IDX files', {
    id: 'update',
    title: 'Step with AdamW, 5.0 million parameters, batch 256',
    unit: 'images/s',
    contenders: [
      pinhole({ task: 'step', ...network }),
      {
        name: 'Pinhole, gradients alone',
        group: 'gradients alone',
        peer: 'Pinhole',
        request: { task: 'gradients', ...network },
      },
    ],
    floors: [{ against: 'gradients alone', atLeast: 0.8 }],
  });
}

/** 1.2 GB of which the system holds nothing when a turn begins; under a cap, it can never hold much. */
function streamRow(data: Data, seconds: number): Row {
  const task = {
    task: 'stream',
    preset: residualConvolutional,
    seconds: 4 * seconds,
    pixels: here(data, data.photoPixels),
    large: here(data, 'large.npy'),
  };
  const row = needs(data.photoPixels, 'the photographs', {
    id: 'stream',
    title: 'Training from disk, 1.2 GB of 64×64×3',
    unit: 'images/s',
    contenders: [
      { ...pinhole({ ...task, fromMemory: false }), name: 'Pinhole, streamed', peer: 'Pinhole capped' },
      {
        name: 'Pinhole, from memory',
        group: 'from memory',
        peer: 'Pinhole',
        request: { ...task, fromMemory: true },
      },
    ],
    floors: [{ against: 'from memory', atLeast: 0.8 }],
  });
  return process.platform === 'linux' ? row : { ...row, skipped: 'only GNU dd can make the system forget a file' };
}

/** Whole epochs, so that every contender evaluates as often as it trains. */
function loopRow(data: Data, preset: string, threadCounts: readonly number[], seconds: number): Row {
  const task = { task: 'loop', preset, epochs: 1 };
  return needs(data.pixels, 'the MNIST IDX files', {
    id: `loop-${preset}`,
    title: `Whole training loop, ${preset}`,
    unit: 'images/s',
    contenders: [
      pinhole({ ...task, pixels: here(data, data.pixels), out: here(data, 'run') }),
      {
        name: 'Pinhole, bare step',
        group: 'bare step',
        peer: 'Pinhole',
        request: { task: 'step', preset, seconds, pixels: here(data, data.pixels) },
      },
      ...torchVariants(threadCounts, { ...task, pixels: python(data, data.pixels) }),
    ],
    floors: [
      { against: 'bare step', atLeast: 0.8 },
      { against: 'PyTorch', atLeast: null },
    ],
  });
}

function pngRow(data: Data): Row {
  return needs(data.pngFolder, 'the MNIST PNG archive', {
    id: 'import-png',
    title: 'Import a folder of PNGs, 28×28 grey',
    unit: 'images/s',
    contenders: [
      pinhole({ task: 'import', folder: here(data, data.pngFolder), size: 28, out: here(data, 'import') }),
      ...[1, 2].map((processes) => pillow(data, data.pngFolder, { processes, mode: 'L', size: null })),
    ],
    floors: [{ against: 'Pillow', atLeast: 1 }],
  });
}

function photoRow(data: Data): Row {
  return needs(data.photoFolder, 'the photographs', {
    id: 'import-photos',
    title: 'Import photographs to 64×64',
    unit: 'images/s',
    contenders: [
      pinhole({ task: 'import', folder: here(data, data.photoFolder), size: 64, out: here(data, 'import') }),
      ...[1, 2].map((processes) => pillow(data, data.photoFolder, { processes, mode: 'RGB', size: 64 })),
    ],
    floors: [{ against: 'Pillow', atLeast: 0.7 }],
  });
}

function encodeRow(data: Data, threadCounts: readonly number[], seconds: number): Row {
  const task = { task: 'encode', preset: 'recommended', seconds };
  return needs(data.pixels, 'the MNIST IDX files', {
    id: 'encode',
    title: 'Encode with errors, recommended',
    unit: 'images/s',
    contenders: [
      pinhole({ ...task, pixels: here(data, data.pixels), out: here(data, 'encoded') }),
      {
        name: 'TensorFlow.js wasm, codes only',
        group: 'TensorFlow.js',
        peer: 'TensorFlow.js',
        request: { ...task, pixels: here(data, data.pixels) },
      },
      ...threadCounts.map((threads) =>
        torch(`${counted(threads, 'thread')}`, { ...task, threads, pixels: python(data, data.pixels) }),
      ),
    ],
    floors: [
      { against: 'TensorFlow.js', atLeast: null },
      { against: 'PyTorch', atLeast: null },
    ],
  });
}

function csvRow(data: Data): Row {
  return {
    id: 'csv',
    title: 'CSV export, 60,000 × 64',
    unit: 'rows/s',
    contenders: [
      pinhole({
        task: 'csv',
        codes: here(data, data.codes),
        errors: here(data, data.errors),
        out: here(data, 'pinhole.csv'),
      }),
      {
        name: 'pandas to_csv',
        group: 'pandas',
        peer: 'pandas',
        request: {
          task: 'csv',
          codes: python(data, data.codes),
          errors: python(data, data.errors),
          out: python(data, 'pandas.csv'),
        },
      },
    ],
    floors: [{ against: 'pandas', atLeast: 3 }],
  };
}

/** All on one thread of the same Node; what the others pack is a tenth larger. */
function codesRow(task: 'pack' | 'unpack', title: string, seconds: number): Row {
  const request = { task, seconds };
  return {
    ...{ id: `archive-${task}`, title, unit: 'MB/s' },
    contenders: [
      pinhole({ ...request, coder: 'range' }),
      { name: 'DEFLATE, level 9', group: 'DEFLATE', peer: 'Pinhole', request: { ...request, coder: 'deflate' } },
      { name: 'Zstandard, level 19', group: 'Zstandard', peer: 'Pinhole', request: { ...request, coder: 'zstandard' } },
    ],
    floors: [
      { against: 'DEFLATE', atLeast: null },
      { against: 'Zstandard', atLeast: null },
    ],
  };
}

function pinhole(request: Record<string, unknown>): Contender {
  return { name: 'Pinhole', group: ours, peer: 'Pinhole', request };
}

/** Every thread count with the default optimiser and with the fused one: the fastest of them is PyTorch's figure. */
function torchVariants(threadCounts: readonly number[], request: Record<string, unknown>): Contender[] {
  return threadCounts.flatMap((threads) => [
    torch(counted(threads, 'thread'), { ...request, threads, fused: false }),
    torch(`${counted(threads, 'thread')}, fused optimiser`, { ...request, threads, fused: true }),
  ]);
}

function torch(variant: string, request: Record<string, unknown>): Contender {
  return { name: `PyTorch, ${variant}`, group: 'PyTorch', peer: 'PyTorch', request };
}

function pillow(
  data: Data,
  folder: string | null,
  request: { processes: number; mode: string; size: number | null },
): Contender {
  return {
    name: `Pillow${request.size === null ? '' : ' with draft mode'}, ${counted(request.processes, 'process', 'processes')}`,
    group: 'Pillow',
    peer: 'Pillow',
    request: { task: 'import', ...request, folder: python(data, folder), out: python(data, 'pillow.npy') },
  };
}

function needs(resource: string | null, name: string, row: Row): Row {
  return resource === null ? { ...row, skipped: `${name} are not in PINHOLE_TEST_DATA or ../shared/data` } : row;
}

function here(data: Data, path: string | null): string {
  return `${data.place.here}/${path}`;
}

function python(data: Data, path: string | null): string {
  return `${data.place.python}/${path}`;
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
