// Data sets as screens show and change them: preview, details, tables, pictures, rename, delete, relocate.
import { existsSync, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import * as v from 'valibot';
import { buildModel } from '../../compiler/model.ts';
import type { Service } from '../../contract/api.ts';
import type { ColumnView, ImportedColumn } from '../../contract/columns.ts';
import { PinholeError } from '../../contract/errors.ts';
import type { Context, Dataset, Item } from '../../contract/records.ts';
import {
  type ImportRequest,
  type ImportSettings,
  importSettingsSchema,
  trainingSettingsSchema,
} from '../../contract/settings.ts';
import type { ImageBlock, ImportPreview } from '../../contract/views.ts';
import { plainFile, readOriginal } from '../../dataset/locate.ts';
import { datasetFolder, readPixels } from '../../dataset/open.ts';
import { ImportSampler, type SampledImport } from '../../dataset/preview.ts';
import { planTraining } from '../../training/presets.ts';
import { expectAllowed } from './access.ts';
import { trainingBytes, trainingSeconds } from './costs.ts';
import { compareTexts, itemTable } from './item-table.ts';
import type { Surroundings } from './parts.ts';
import { folderBytes } from './workspace.ts';

export type DatasetPart = Pick<
  Service,
  | 'previewImport'
  | 'datasetDetails'
  | 'renameDataset'
  | 'labelImages'
  | 'importColumns'
  | 'column'
  | 'imageColumns'
  | 'removeColumn'
  | 'restoreColumn'
  | 'deleteDataset'
  | 'restoreDataset'
  | 'relocateDataset'
  | 'itemTable'
  | 'images'
  | 'original'
>;

const largestOriginal = 1024;

export function datasetPart(surroundings: Surroundings): DatasetPart {
  const { workspace, catalogue, core, topics, aside } = surroundings;
  const sampler = new ImportSampler();
  const spool = join(workspace, 'looking');
  const changed = () => topics.publish('workspace', { what: ['datasets', 'runs'] });
  return {
    previewImport: (request, context = {}) => previewImport(surroundings, sampler, spool, request, context),
    datasetDetails: async (id) => {
      const counts = catalogue.splitCounts(id);
      return {
        bytes: await folderBytes(datasetFolder(workspace, id)),
        labels: catalogue.labelCounts(id),
        columns: catalogue.columns(id),
        splits: {
          train: counts.get('train') ?? 0,
          validation: counts.get('validation') ?? 0,
          test: counts.get('test') ?? 0,
        },
        missingSources: catalogue.getDataset(id).sources.filter((source) => !existsSync(source)),
        request: importAgain(catalogue, id),
      };
    },
    async renameDataset(id, name) {
      catalogue.updateDataset(id, { ...catalogue.getDataset(id), name });
      changed();
      return catalogue.getDataset(id);
    },
    async labelImages(id, groups) {
      const before = await core.labelImages(id, groups);
      topics.publish('workspace', { what: ['labels'] });
      return before;
    },
    async importColumns(id, file, choice, context) {
      const report = await core.importColumns(id, expectAllowed(surroundings, file), choice, context);
      topics.publish('workspace', { what: report.labels === null ? ['columns'] : ['columns', 'labels'] });
      return report;
    },
    column: async (id, name) => toView(catalogue.column(id, name)),
    imageColumns: async (id, imageId) => catalogue.imageCells(id, imageId),
    async removeColumn(id, name) {
      await core.removeColumn(id, name);
      topics.publish('workspace', { what: ['columns'] });
    },
    async restoreColumn(id, name) {
      catalogue.setColumnAside(id, name, false);
      topics.publish('workspace', { what: ['columns'] });
    },
    async deleteDataset(id) {
      catalogue.getDataset(id);
      surroundings.expectIdle({ datasetId: id });
      surroundings.forgetTasks({ datasetId: id });
      aside.putDataset(id);
      changed();
    },
    async restoreDataset(id) {
      catalogue.getDataset(id);
      aside.takeDatasetBack(id);
      changed();
      return catalogue.getDataset(id);
    },
    async relocateDataset(id, source, movedTo) {
      expectAllowed(surroundings, movedTo);
      // As it was named, for that is how it will be named in an import.
      const place = resolve(movedTo);
      relocate(catalogue.getDataset(id), catalogue.items(id), source, place);
      catalogue.updateSources(
        id,
        catalogue.getDataset(id).sources.map((known) => (known === source ? place : known)),
      );
      changed();
      return catalogue.getDataset(id);
    },
    itemTable: async (id) => itemTable(catalogue.itemColumns(id), catalogue.columns(id)),
    images: async (id, ids) => readImages(surroundings, id, ids),
    async original(id, imageId) {
      const item = catalogue.findItem(id, imageId);
      if (!item)
        throw new PinholeError('not-found', `There is no image ${imageId} in this data set.`, 'Load the table again.');
      return { type: 'image/png', data: await readOriginal(catalogue.getDataset(id), item, spool, largestOriginal) };
    },
  };
}

/** What its last import was asked for, of the sources where they are now. */
function importAgain(catalogue: Surroundings['catalogue'], id: string): ImportSettings | null {
  const settings = catalogue.importSettings(id);
  if (settings === null) return null;
  const { sources } = catalogue.getDataset(id);
  const count = settings.sources.length;
  return { ...settings, sources: sources.slice(0, count), testSources: sources.slice(count) };
}

async function previewImport(
  surroundings: Surroundings,
  sampler: ImportSampler,
  spool: string,
  request: ImportRequest,
  context: Context,
): Promise<ImportPreview> {
  const settings = v.parse(importSettingsSchema, request);
  for (const source of [...settings.sources, ...settings.testSources]) expectAllowed(surroundings, source);
  const sampled = await sampler.sample(settings, spool, context);
  const { images, labels, preprocessing, samples, pixels, failures } = sampled;
  const { height, width, channels } = preprocessing;
  return {
    images,
    labels,
    preprocessing,
    failures,
    samples: samples.map((sample) => ({ ...sample, type: 'image/png' })),
    seen: { ids: Int32Array.from(samples, (_, index) => index), height, width, channels, data: pixels },
    estimate: await estimate(surroundings.workspace, sampled),
  };
}

/** Of a catalogue row with path and hash, indexes included; measured on MNIST. */
const catalogueBytesPerImage = 250;

/** Roughly: pixels and catalogue on the disk; pixels, parameters with optimiser state and runtime in memory; see the constants. */
async function estimate(
  workspace: string,
  { images, preprocessing, secondsPerImage }: SampledImport,
): Promise<ImportPreview['estimate']> {
  const { height, width, channels } = preprocessing;
  const image = { height, width, channels };
  const pixelBytes = images * height * width * channels;
  const plan = planTraining(v.parse(trainingSettingsSchema, {}), image, Math.max(2, images));
  const model = buildModel(plan.spec, image);
  const disk = await statfs(workspace);
  return {
    diskBytes: pixelBytes + images * catalogueBytesPerImage,
    freeBytes: disk.bavail * disk.bsize,
    memoryBytes: trainingBytes(model, plan, images),
    importSeconds: images * secondsPerImage,
    trainingSeconds: plan.seconds ?? trainingSeconds(model, plan, images),
  };
}

/** Half of the images must be at the new place, with the size in bytes that they had. */
function relocate(dataset: Dataset, items: readonly Item[], source: string, place: string): void {
  const at = dataset.sources.indexOf(source);
  if (at < 0)
    throw new PinholeError(
      'usage',
      `The data set ${dataset.name} has no source ${source}.`,
      'Choose one of its sources.',
    );
  if (!existsSync(place))
    throw new PinholeError('source-missing', `There is nothing at ${place}.`, 'Choose where the images are now.');
  if (statSync(place).isFile()) return;
  const moved = { sources: dataset.sources.map((known) => (known === source ? place : known)) };
  const own = items.filter(({ path }) => plainFile(moved, path)?.startsWith(place));
  const found = own.filter(
    (item) => statSync(plainFile(moved, item.path)!, { throwIfNoEntry: false })?.size === item.bytes,
  );
  if (found.length * 2 >= own.length && found.length > 0) return;
  throw new PinholeError(
    'usage',
    `Only ${found.length} of ${own.length} images were found in ${place}, with the same names and sizes.`,
    'Choose the folder that holds them in the same arrangement as before.',
  );
}

/** Each once, in the order in which people sort them. */
function sortedTexts(texts: Iterable<string>): string[] {
  return [...new Set(texts)].sort(compareTexts);
}

function toView(column: ImportedColumn): ColumnView {
  const ids = Int32Array.from(column.values.keys());
  if (column.kind === 'number') return { kind: 'number', ids, values: Float64Array.from(column.values.values()) };
  const texts = sortedTexts(column.values.values());
  const places = new Map(texts.map((text, index) => [text, index]));
  return { kind: 'text', ids, texts, value: Int32Array.from(column.values.values(), (text) => places.get(text)!) };
}

/** Rows of `pixels.npy`; an id that is no row is refused. */
export function readImages(
  { workspace, catalogue }: Pick<Surroundings, 'workspace' | 'catalogue'>,
  id: string,
  ids: Int32Array,
): ImageBlock {
  const dataset = catalogue.getDataset(id);
  const { height, width, channels } = dataset;
  const rows = catalogue.takenIds(id);
  const wrong = ids.find((row) => row < 0 || row >= rows);
  if (wrong !== undefined)
    throw new PinholeError('not-found', `There is no image ${wrong} in this data set.`, 'Load the table again.');
  return { ids, height, width, channels, data: readPixels(workspace, dataset, ids) };
}
