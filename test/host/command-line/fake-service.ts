// A service that remembers what it was asked and answers with plausible results, and surroundings that remember what was printed.
import type {
  Core,
  EncodeResult,
  ExportResult,
  ImportResult,
  Run,
  TrainResult,
} from '../../../src-main/contract/api.ts';
import type { AppendResult, CompressionCurve, CompressResult } from '../../../src-main/contract/archive.ts';
import type { ColumnReport } from '../../../src-main/contract/columns.ts';
import type {
  ClusterResult,
  CopyResult,
  DuplicateResult,
  MapResult,
  NeighbourResult,
  OutlierResult,
  OverlapResult,
  PlaceResult,
} from '../../../src-main/contract/explore.ts';
import type { Context, Dataset, Report } from '../../../src-main/contract/records.ts';
import type { Advice, Comparison, Sweep } from '../../../src-main/contract/search.ts';
import type { Surroundings } from '../../../src-main/host/command-line/program.ts';

export const dataset: Dataset = {
  id: 'photos-1a2b',
  name: 'photos',
  sources: ['/pictures/photos'],
  state: 'ready',
  count: 100,
  skipped: 1,
  height: 64,
  width: 64,
  channels: 3,
  hash: 'ab'.repeat(32),
  preprocessing: { width: 64, height: 64, channels: 3, fit: 'cover', background: '#ffffff', intensity: null },
  created: '2026-01-01T00:00:00.000Z',
};

export const report: Report = {
  heldOut: 'validation',
  heldOutCount: 10,
  model: { mse: 0.003, psnr: 25.2, ssim: 0.95 },
  pca: { mse: 0.009, psnr: 20.4, ssim: 0.9 },
  meanImage: { mse: 0.067, psnr: 11.7, ssim: 0.1 },
  knn: 0.974,
  pcaKnn: 0.976,
  rawKnn: 0.969,
  knnCount: 10,
  warnings: [
    {
      ...{ code: 'dead-units', message: '2 of 64 codes never change.', advice: 'Ask for 62 codes.' },
      ...{ figures: { dead: 2, units: 64 }, remedy: { codeSize: 62 } },
    },
  ],
};

export const run: Run = {
  id: 'recommended-c0ffee',
  datasetId: dataset.id,
  preset: 'recommended',
  state: 'finished',
  codeSize: 64,
  epochs: 10,
  device: 'cpu',
  folder: '/workspace/runs/recommended-c0ffee',
  created: '2026-01-02T00:00:00.000Z',
  report,
};

export const sweep: Sweep = {
  id: 'sweep-decade',
  datasetId: dataset.id,
  created: '2026-01-03T00:00:00.000Z',
  request: { presets: ['recommended'], codeSizes: [64], seeds: [1], settings: {} },
  trials: [{ preset: 'recommended', codeSize: 64, seed: 1, state: 'finished', run: run.id, stop: null }],
};

export const comparison: Comparison = {
  ...{ datasetId: dataset.id, heldOut: 'validation', heldOutCount: 10, meanImageError: 0.067, files: [] },
  runs: [
    {
      ...{ run: run.id, preset: 'recommended', codeSize: 64, seed: 1, error: 0.003, pcaError: 0.009, knn: 0.974 },
      ...{ epochs: 10, seconds: 75, device: 'CPU, 2 threads', ended: 'epochs', settings: {} },
    },
  ],
};

export const advice: Advice = {
  ...{ datasetId: dataset.id, meanImageError: 0.0673, pcaFloor: 0 },
  pca: [
    { codeSize: 0, error: 0.0673 },
    { codeSize: 256, error: 0.001 },
  ],
  runs: [
    {
      ...{ run: run.id, codeSize: 64, error: 0.003, pcaError: 0.009 },
      ...{ steps: 1000, usualSteps: 4200, seconds: 12 },
    },
  ],
  costs: [
    { share: 0.95, size: 52, low: 45, high: 60, pca: 150 },
    { share: 0.99, size: 161, low: 143, high: null, pca: null },
  ],
};

export const compressed: CompressResult = {
  file: '/out/photos.pinhole',
  images: 100,
  bytes: 50_000,
  decoderBytes: 40_000,
  decoderNumbers: 'int8',
  rivals: null,
  codeBytes: 8_000,
  residualBytes: 500,
  indexBytes: 1_000,
  bytesPerImage: 500,
  psnr: 24.123,
  psnrLow: 20,
  psnrWorst: 18,
  ssim: 0.9,
  ssimLow: 0.8,
  ssimWorst: 0.7,
  withResidual: 2,
  storedWhole: 1,
  unread: 1,
  size: { height: 64, width: 64, channels: 3 },
  curve: [],
  seconds: 2,
};

export const curve: CompressionCurve = {
  runId: run.id,
  measured: '2026-01-01T00:00:00.000Z',
  images: 100,
  sampled: 100,
  size: { height: 64, width: 64, channels: 3 },
  points: [],
  rivals: [],
  seconds: 2,
};

export const appended: AppendResult = {
  file: '/out/photos.pinhole',
  images: 110,
  appended: 8,
  known: 2,
  bytes: 51_000,
  quality: { psnr: 23, psnrLow: 20, psnrWorst: 18, ssim: 0.9, ssimLow: 0.8, ssimWorst: 0.7 },
  seconds: 1,
};

const found = (id: number, path: string) => ({ id, path, label: path.split('/')[0]! });

export const mapped: MapResult = {
  ...{ run: run.id, method: 'umap', points: 70_000, seconds: 61, explained: null, file: '/run/maps/umap.npy' },
  quality: { trustworthiness: 0.9612, continuity: 0.97, preserved: 0.41, k: 15, points: 500 },
};
export const placed: PlaceResult = {
  ...{ run: run.id, datasetId: 'photos-1', method: 'umap', k: 15, preserved: 0.25, points: 2, seconds: 0.4 },
  images: [
    { ...found(0, 'cats/0.jpg'), x: 0.5, y: -0.25, distance: 1.5 },
    { ...found(1, '=dogs/1.jpg'), x: 0.125, y: 1, distance: 0 },
  ],
};
export const near: NeighbourResult = {
  run: run.id,
  of: found(3, 'cats/1.jpg'),
  neighbours: [{ ...found(9, 'cats/\u001b[31m2.jpg'), rank: 1, distance: 0.5 }],
};
export const overlapping: OverlapResult = {
  ...{ runs: [run.id, 'conv-decade'], k: 15, overlap: 0.4213, chance: 15 / 69_999 },
  ...{ images: 70_000, points: 2000, seconds: 12.3 },
};
export const clustered: ClusterResult = {
  ...{ run: run.id, method: 'PhenoGraph', images: 3, modularity: 0.61, seconds: 0.2 },
  clusters: [
    { cluster: 0, size: 2, label: 'cats', share: 1, central: [found(0, 'cats/0.jpg')] },
    { cluster: 1, size: 1, label: null, share: null, central: [{ id: 2, path: 'x.jpg', label: null }] },
  ],
  assignment: { ids: Int32Array.of(0, 1, 2), cluster: Int32Array.of(0, 0, 1) },
};
const copy = (id: number, path: string, side: number) => ({
  ...found(id, path),
  width: side,
  height: side,
  bytes: 999,
});
export const duplicated: DuplicateResult = {
  ...{ run: run.id, images: 100, candidates: 40, confirmed: 2, seconds: 0.3 },
  groups: [{ keep: copy(4, 'cats/4.jpg', 300), others: [copy(7, '=cats/7.jpg', 200)] }],
};
export const copiedImages: CopyResult = {
  ...{ folder: '/out/sorted', copied: 60, present: 39, seconds: 0.4 },
  folders: [
    { name: 'cats', images: 59 },
    { name: 'unlabelled', images: 40 },
  ],
  missed: [{ path: 'cats/\u001b[31m9.jpg', why: 'unreadable', detail: 'Permission denied.' }],
};
export const standingOut: OutlierResult = {
  ...{ run: run.id, images: 100, seconds: 0.1 },
  outliers: [{ ...found(5, 'cats/5.jpg'), mse: 0.04, distance: 12, errorScore: 6.12, distanceScore: 1, score: 6.12 }],
};

export const columnReport: ColumnReport = {
  ...{ datasetId: dataset.id, key: 'path', by: 'path', rows: 90, matched: 80, byEnding: 7, unmatched: 10, without: 20 },
  columns: [
    { name: 'age', kind: 'number' },
    { name: 'place\u001b', kind: 'text' },
  ],
  passedOver: ['image_id', ''],
  labels: { given: 3, former: [{ label: null, ids: Int32Array.of(1, 2, 3) }] },
};

type Call = [method: string, ...parameters: unknown[]];

export function fakeService(overrides: Partial<Core> = {}): Core & { calls: Call[] } {
  const calls: Call[] = [];
  function answer<Result>(method: string, result: Result) {
    return async (...parameters: unknown[]) => {
      calls.push([method, ...parameters.filter((parameter) => !isContext(parameter))]);
      return result;
    };
  }
  const failures = [{ path: 'bad\n.png', code: 'image-unreadable', reason: 'Expected an image, received text.' }];
  const imported: ImportResult = { dataset, decoded: 60, reused: 40, failures, seconds: 1.5 };
  const trained: TrainResult = { run: { ...run, report: null }, trained: true, seconds: 75 };
  const encoded: EncodeResult = {
    run,
    images: 100,
    codesFile: '/workspace/codes.npy',
    seconds: 0.5,
    evaluateSeconds: 0.2,
  };
  const exported: ExportResult = { files: ['/out/features.csv'], rows: 100, seconds: 0.1 };
  return {
    calls,
    workspace: '/workspace',
    import: answer('import', imported),
    train: answer('train', trained),
    encode: answer('encode', encoded),
    decode: answer('decode', exported),
    export: answer('export', exported),
    compress: answer('compress', compressed),
    measureCurve: answer('measureCurve', curve),
    append: answer('append', appended),
    layOut: answer('layOut', mapped),
    place: answer('place', placed),
    neighbours: answer('neighbours', near),
    neighbourOverlap: answer('neighbourOverlap', overlapping),
    clusters: answer('clusters', clustered),
    duplicates: answer('duplicates', duplicated),
    outliers: answer('outliers', standingOut),
    copyImages: answer('copyImages', copiedImages),
    sample: answer('sample', undefined),
    walk: answer('walk', undefined),
    sweep: answer('sweep', sweep),
    sweeps: answer('sweeps', [sweep]),
    compare: answer('compare', comparison),
    advise: answer('advise', advice),
    datasets: answer('datasets', [dataset]),
    labelImages: answer('labelImages', [{ label: null, ids: Int32Array.of(3) }]),
    importColumns: answer('importColumns', columnReport),
    columns: answer('columns', columnReport.columns),
    importedColumn: answer('importedColumn', undefined as never),
    removeColumn: answer('removeColumn', undefined),
    items: answer('items', []),
    contentHash: answer('contentHash', 'cd'.repeat(32)),
    failures: answer('failures', failures),
    runs: answer('runs', [run]),
    metrics: answer('metrics', []),
    warnings: answer('warnings', report.warnings),
    devices: answer('devices', [
      { kind: 'webgpu', name: 'SwiftShader', software: true, usable: true, reason: 'Agrees with the CPU.' },
    ]),
    close: answer('close', undefined),
    ...overrides,
  };
}

function isContext(parameter: unknown): boolean {
  return typeof parameter === 'object' && parameter !== null && 'onProgress' in parameter;
}

/** Surroundings without a terminal that collect output; `interrupt` plays Ctrl-C. */
export function fakeSurroundings(service: Core & { calls?: Call[] }, options: { isTTY?: boolean } = {}) {
  const printed = { output: '', errors: '', exits: [] as number[] };
  const opened: { workspace: string; command: string; readsOnly?: boolean }[] = [];
  let listener: ((signal: 'SIGINT' | 'SIGTERM') => void) | undefined;
  const surroundings: Surroundings = {
    openService: async (request) => {
      opened.push(request);
      return service;
    },
    openReader: async (request) => {
      opened.push({ ...request, readsOnly: true });
      return service;
    },
    findDevices: (context, model) => {
      service.calls?.push(['findDevices', model]);
      return service.devices(context);
    },
    output: { write: (text) => (printed.output += text) },
    errors: { write: (text) => (printed.errors += text), columns: 80, ...options },
    variables: { PINHOLE_WORKSPACE: '/workspace' },
    version: '1.2.3',
    exit: (code) => printed.exits.push(code),
    onInterrupt(callback) {
      listener = callback;
      return () => {
        listener = undefined;
      };
    },
  };
  const interrupt = (signal: 'SIGINT' | 'SIGTERM' = 'SIGINT') => listener?.(signal);
  return { surroundings, printed, opened, interrupt };
}

/** Waits for the context's signal and rejects as a service does. */
export function untilCancelled(context: Context | undefined, error: Error): Promise<never> {
  return new Promise((_, reject) => context!.signal!.addEventListener('abort', () => reject(error)));
}
