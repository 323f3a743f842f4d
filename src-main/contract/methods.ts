// What may be called over a port: the methods of the service with the schemas of their parameters. Nothing else is reachable.
import * as v from 'valibot';
import type { Service } from './api.ts';
import { columnKeys } from './columns.ts';
import { findings } from './explore.ts';
import { importSettingsSchema, trainingSettingsSchema } from './settings.ts';
import { exportRequestSchema, idSchema, idsSchema, mapMethods, taskRequestSchema } from './tasks.ts';
import { preferencesSchema } from './views.ts';

const path = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(4096),
  v.check((text) => !text.includes('\0')),
);
const name = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(200));
// As long as folders are called, which labels come from; not trimmed, so that each can be given back.
const label = v.pipe(v.string(), v.minLength(1), v.maxLength(255));
// As the service takes them from a CSV.
const column = v.pipe(v.string(), v.minLength(1), v.maxLength(255));
const whole = v.pipe(v.number(), v.integer(), v.minValue(0));
const bytes = v.pipe(v.instance(Uint8Array), v.maxLength(4 * 2 ** 20));
const files = v.pipe(
  v.array(v.strictObject({ path, data: v.instance(Uint8Array) })),
  v.maxLength(4096),
  v.check((value) => value.reduce((sum, { data }) => sum + data.length, 0) <= 8 * 2 ** 20, 'Expected at most 8 MiB'),
);
const method = v.picklist(mapMethods);
const ids = (limit: number) =>
  v.pipe(
    idsSchema,
    v.check((value) => value.length <= limit, `Expected at most ${limit} ids`),
  );

const codes = v.pipe(
  v.instance(Float32Array),
  v.check((value) => value.every(Number.isFinite), 'Expected finite numbers'),
);
const count = (low: number, high: number) => v.pipe(v.number(), v.integer(), v.minValue(low), v.maxValue(high));
const sheet = v.strictObject({
  out: path,
  name: v.pipe(v.string(), v.regex(/^[\p{L}\p{N}_-]{1,120}$/u)),
  images: v.pipe(
    v.strictObject({
      height: count(1, 4096),
      width: count(1, 4096),
      channels: v.picklist([1, 3]),
      data: v.instance(Uint8Array),
    }),
    v.check(({ height, width, channels, data }) => {
      const images = data.length / (height * width * channels);
      return Number.isInteger(images) && images >= 1 && images <= 256;
    }, 'Expected 1 to 256 whole images'),
  ),
  columns: count(1, 256),
});

/** A method that takes a Context gets one whose signal is the caller's cancel; its progress and notices go to the caller. */
export const methods = {
  info: v.tuple([]),
  preferences: v.tuple([]),
  setPreferences: v.tuple([v.partial(preferencesSchema)]),
  startTask: v.tuple([taskRequestSchema]),
  tasks: v.tuple([]),
  cancelTask: v.tuple([idSchema]),
  pauseTask: v.tuple([idSchema]),
  resumeTask: v.tuple([idSchema]),
  finishTask: v.tuple([idSchema]),
  retryTask: v.tuple([idSchema]),
  dismissTask: v.tuple([idSchema]),
  listFolder: v.tuple([v.nullable(path)]),
  beginUpload: v.tuple([]),
  upload: v.tuple([idSchema, path, whole, bytes]),
  uploadFiles: v.tuple([idSchema, files]),
  endUpload: v.tuple([idSchema]),
  dropUpload: v.tuple([idSchema]),
  download: v.tuple([path, whole]),
  previewImport: v.tuple([importSettingsSchema]),
  datasets: v.tuple([]),
  datasetDetails: v.tuple([idSchema]),
  renameDataset: v.tuple([idSchema, name]),
  labelImages: v.tuple([idSchema, v.array(v.strictObject({ label: v.nullable(label), ids: idsSchema }))]),
  importColumns: v.tuple([
    idSchema,
    path,
    v.strictObject({ by: v.optional(v.picklist(columnKeys)), key: v.optional(column) }),
  ]),
  column: v.tuple([idSchema, column]),
  imageColumns: v.tuple([idSchema, whole]),
  removeColumn: v.tuple([idSchema, column]),
  restoreColumn: v.tuple([idSchema, column]),
  deleteDataset: v.tuple([idSchema]),
  restoreDataset: v.tuple([idSchema]),
  relocateDataset: v.tuple([idSchema, path, path]),
  failures: v.tuple([idSchema]),
  itemTable: v.tuple([idSchema]),
  images: v.tuple([idSchema, ids(4096)]),
  original: v.tuple([idSchema, whole]),
  describeTraining: v.tuple([idSchema, trainingSettingsSchema]),
  devices: v.tuple([]),
  knownDevices: v.tuple([]),
  runs: v.tuple([]),
  runDetails: v.tuple([idSchema]),
  deleteRun: v.tuple([idSchema]),
  restoreRun: v.tuple([idSchema]),
  probes: v.tuple([idSchema]),
  probeImages: v.tuple([idSchema, whole]),
  probeMap: v.tuple([idSchema, whole]),
  reconstructions: v.tuple([idSchema, ids(256)]),
  decodeCodes: v.tuple([idSchema, codes]),
  decodeWalk: v.tuple([idSchema, whole, whole, count(2, 256)]),
  decodeSamples: v.tuple([idSchema, count(1, 256), count(0, 2 ** 32 - 1)]),
  map: v.tuple([idSchema, method]),
  codeRows: v.tuple([idSchema, ids(65536)]),
  codeFacts: v.tuple([idSchema]),
  meanCode: v.tuple([idSchema, idsSchema]),
  codeColumn: v.tuple([idSchema, whole]),
  previewExport: v.tuple([exportRequestSchema]),
  saveSheet: v.tuple([sheet]),
  neighbours: v.tuple([idSchema, v.pipe(v.string(), v.regex(/^\d{1,10}$/)), v.pipe(whole, v.maxValue(1000))]),
  found: v.tuple([idSchema, v.picklist(findings)]),
  saveDuplicates: v.tuple([idSchema, path, v.array(v.strictObject({ ids: idsSchema, kept: idsSchema }))]),
  overlap: v.tuple([idSchema, idSchema]),
  compressionCurve: v.tuple([idSchema]),
  lookAtTarget: v.tuple([path, v.picklist(['archive', 'folder'])]),
  openArchive: v.tuple([path]),
  archiveImages: v.tuple([path, ids(256)]),
} satisfies Partial<Record<keyof Service, v.GenericSchema>>;

export type MethodName = keyof typeof methods;
/** These take a Context after their parameters. */
export const withContext: ReadonlySet<MethodName> = new Set(['previewImport', 'importColumns', 'devices']);

export const topicSchema = v.union([
  v.picklist(['tasks', 'workspace']),
  v.pipe(
    v.string(),
    v.check((text) => text.startsWith('run:') && v.is(idSchema, text.slice('run:'.length))),
  ),
]);

/** The service as it is on the other side of a port: the same methods, and `subscribe`. */
export type RemoteService = Pick<Service, MethodName | 'subscribe'>;
