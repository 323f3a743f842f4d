// Images of a data set into an archive: encode, choose steps, quantise, measure, write, verify, and only then put in place.
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { ArchiveQuality, Compared, CompressGoal, CompressResult, CompressSettings } from '../contract/archive.ts';
import { PinholeError, throwIfCancelled } from '../contract/errors.ts';
import type { Context, ImportFailure } from '../contract/records.ts';
import type { StoredItem } from '../dataset/catalogue.ts';
import type { OpenDataset } from '../dataset/open.ts';
import type { Executor } from '../engine/executor.ts';
import { createAtomicWriter } from '../files/atomic.ts';
import { encodePng } from '../files/png.ts';
import { imageGrid } from '../numerics/image-grid.ts';
import { createRandom, permutation } from '../numerics/random.ts';
import { inferenceGraph } from '../training/graphs.ts';
import { runBlocks } from '../training/inference.ts';
import { decoderOnnx, type SavedModel } from '../training/model-files.ts';
import { openArchive, openArchiveDecoder } from './archive-file.ts';
import {
  formatVersion,
  type Index,
  indexBytes,
  type Manifest,
  memberNames,
  originalsFolder,
  readmeText,
} from './description.ts';
import { bitsOf } from './frequencies.ts';
import { type ImageDecoder, openDecoder, rowsAtOnce } from './image-decoder.ts';
import { checkMembers, measureArchive } from './measure.ts';
import { packIntegers } from './packed-integers.ts';
import { dequantise, type Quantiser, quantise, wholeNumbers, writeCodes } from './quantiser.ts';
import {
  bitsOfCodes,
  decibels,
  errorOf,
  meanSquaredError,
  measurePoint,
  measureSensitivity,
  type RatePoint,
  type Sample,
  type Sensitivity,
  searchScale,
  stepsFor,
} from './rate.ts';
import { keepsBound, residualFor } from './residuals.ts';
import { bytesAtError, measureRivals, paysOffFrom } from './rivals.ts';
import { createZipWriter, type PackedContent, packContent, zipOverhead } from './zip-writer.ts';

export interface CompressInput {
  executor: Executor;
  saved: SavedModel;
  dataset: OpenDataset;
  /** In the order of their ids. */
  items: readonly StoredItem[];
  /** What the import could not read. */
  failures: readonly ImportFailure[];
  run: { id: string; preset: string };
  settings: CompressSettings;
  pinhole: string;
  threads: number;
  /** The file of an item; undefined where it is a part of one. */
  fileOf(item: StoredItem): string | undefined;
}

/** Writes `settings.file`, which is as it was if anything fails. Throws `usage` where the goal cannot be reached, and `cancelled`. */
export async function compress(input: CompressInput, context: Context): Promise<CompressResult> {
  const started = performance.now();
  const codes = await encodeAll(input, context);
  const sample = takeSample(input, codes);
  const decoders = await openDecoders(input);
  try {
    const beside = await bytesBeside(input, codes, decoders[0]!, sample, context);
    const choice = await chooseDecoder(input, decoders, sample, beside, context);
    const coded = await codeToGoal(input, codes, choice, context);
    const { bytes, quality } = await writeVerified(input, coded, context);
    const seconds = (performance.now() - started) / 1000;
    const result = summarise(input, coded, choice, bytes, quality, seconds);
    return input.settings.compare ? { ...result, rivals: await compare(input, sample, result, context) } : result;
  } finally {
    for (const { decoder } of decoders) await decoder.release();
  }
}

// ---- codes --------------------------------------------------------------------------------------------------------

async function encodeAll({ executor, saved, dataset }: CompressInput, context: Context): Promise<Float32Array> {
  const { codeSize } = saved.model.spec;
  const ids = idsOf(dataset);
  const codes = new Float32Array(ids.length * codeSize);
  const runner = await executor.compile(inferenceGraph(saved.model, ['codes']), saved.values);
  try {
    for await (const block of runBlocks(runner, dataset.pixels, ids, saved.model.image, 'encode', context)) {
      codes.set(block.results.codes!.data as Float32Array, block.first * codeSize);
    }
  } finally {
    await runner.dispose();
  }
  return codes;
}

const idsOf = (dataset: OpenDataset) => Uint32Array.from(dataset.items(), ({ id }) => id);

/** More would hardly move the steps; fewer would let single images move them. */
const sampleImages = 2048;

function takeSample({ dataset, saved }: CompressInput, codes: Float32Array): Sample {
  const { codeSize } = saved.model.spec;
  const ids = idsOf(dataset);
  const rows = permutation(ids.length, createRandom(ids.length)).subarray(0, sampleImages).sort();
  const taken = new Float32Array(rows.length * codeSize);
  for (const [place, row] of rows.entries()) {
    taken.set(codes.subarray(row * codeSize, (row + 1) * codeSize), place * codeSize);
  }
  const images = new Uint8Array(rows.length * imageSize(saved));
  dataset.pixels.read(
    Array.from(rows, (row) => ids[row]!),
    images,
  );
  return { codes: taken, images, codeSize };
}

const imageSize = ({ model: { image } }: SavedModel) => image.height * image.width * image.channels;

// ---- decoder and steps --------------------------------------------------------------------------------------------

interface StoredDecoder {
  numbers: 'float16' | 'int8';
  packed: PackedContent;
  sha256: string;
  decoder: ImageDecoder;
}

interface Choice extends StoredDecoder {
  sensitivity: Sensitivity | null;
  point: RatePoint;
  curve: RatePoint[];
}

async function openDecoders({ saved, threads }: CompressInput): Promise<StoredDecoder[]> {
  const opened: StoredDecoder[] = [];
  try {
    for (const numbers of ['float16', 'int8'] as const) {
      const bytes = decoderOnnx(saved, numbers);
      const decoder = await openDecoder(bytes, saved.model.spec.codeSize, threads);
      opened.push({ numbers, packed: packContent(bytes), sha256: hashOf(bytes), decoder });
    }
  } catch (error) {
    for (const { decoder } of opened) await decoder.release();
    throw error;
  }
  return opened;
}

/** The one with which the archive is smaller at the same error, or better at the same size. `beside` is what else it holds. */
async function chooseDecoder(
  input: CompressInput,
  decoders: readonly StoredDecoder[],
  sample: Sample,
  beside: number,
  context: Context,
): Promise<Choice> {
  const { goal } = input.settings;
  const bytesOf = ({ packed }: StoredDecoder, { bitsPerImage }: RatePoint) =>
    packed.body.length + beside + (input.items.length * bitsPerImage) / 8;
  const choices: Choice[] = [];
  let least = Number.POSITIVE_INFINITY;
  // What a quality is reckoned from: half precision, codes hardly rounded.
  let best: RatePoint | undefined;
  for (const stored of decoders) {
    throwIfCancelled(context.signal);
    if (isWhole(input)) {
      choices.push(await wholeChoice(stored, sample));
      continue;
    }
    const { sensitivity, measure } = await prepareSearch(stored, sample, context);
    const isWithin = (point: RatePoint) => {
      best ??= point;
      return goal.kind === 'bytes' ? bytesOf(stored, point) > goal.bytes : point.mse <= goalError(goal, best.mse);
    };
    const { found, tried } = await searchScale(measure, isWithin);
    const point = goal.kind === 'bytes' ? tried.find((one) => !isWithin(one)) : found;
    if (point) choices.push({ ...stored, sensitivity, point, curve: tried });
    least = Math.min(least, bytesOf(stored, tried.at(-1)!));
  }
  if (choices.length === 0) throw goal.kind === 'bytes' ? tooFewBytes(least, goal.bytes) : tooGood(best!.mse, goal);
  const cost = (choice: Choice) => (goal.kind === 'bytes' ? choice.point.mse : bytesOf(choice, choice.point));
  return choices.reduce((cheapest, choice) => (cost(choice) < cost(cheapest) ? choice : cheapest));
}

/** What an archive holds beside codes and decoder; only a goal in bytes asks for it. */
async function bytesBeside(
  input: CompressInput,
  codes: Float32Array,
  stored: StoredDecoder,
  sample: Sample,
  context: Context,
): Promise<number> {
  if (input.settings.goal.kind !== 'bytes' || isWhole(input)) return 0;
  const sensitivity = await measureSensitivity(stored.decoder, sample);
  const point = await measurePoint(stored.decoder, sample, sensitivity, middleScale);
  const tried = await codeAll(input, codes, { ...stored, sensitivity, point, curve: [point] }, middleScale, context);
  const described = { ...tried, ...describe(input, tried, stored) };
  return totalBytes(described) - tried.codes.length - stored.packed.body.length;
}

/** Where many models are: a rounding that costs about as much as the model does. */
const middleScale = 1 / 32;

const isWhole = ({ saved }: CompressInput) => saved.model.bottleneck.numbers.type === 'integers';

/** Codes that are whole numbers are stored as they are: there is nothing to choose but the decoder. */
async function wholeChoice(stored: StoredDecoder, sample: Sample): Promise<Choice> {
  const values = Int32Array.from(sample.codes);
  const mse = meanSquaredError(await stored.decoder.decode(sample.codes.slice()), sample.images);
  const rows = sample.codes.length / sample.codeSize;
  const point = { scale: 1, bitsPerImage: bitsOfCodes(values, sample.codeSize) / rows, mse };
  return { ...stored, sensitivity: null, point, curve: [point] };
}

async function prepareSearch(stored: StoredDecoder, sample: Sample, context: Context) {
  const sensitivity = await measureSensitivity(stored.decoder, sample);
  let tries = 0;
  async function measure(scale: number): Promise<RatePoint> {
    throwIfCancelled(context.signal);
    const point = await measurePoint(stored.decoder, sample, sensitivity, scale);
    context.onProgress?.({ stage: 'evaluate', done: ++tries, total: null, rate: 0, detail: 'steps of the codes' });
    return point;
  }
  return { sensitivity, measure };
}

/** Decibels that the best quality gives away for coarser codes, and each point below it. */
const qualityLoss = { best: 0.05, perPoint: 0.05 };

/** `best` is what the decoder gives of codes that are hardly rounded at all; errors are for pixels 0–1. */
function goalError(goal: Exclude<CompressGoal, { kind: 'bytes' }>, best: number): number {
  if (goal.kind === 'psnr') return errorOf(goal.psnr);
  return errorOf(decibels(best) - qualityLoss.best - (100 - goal.quality) * qualityLoss.perPoint);
}

function tooFewBytes(least: number, received: number): PinholeError {
  return new PinholeError(
    'usage',
    `Expected at least ${Math.ceil(least)} bytes for these images and their decoder, received ${received}.`,
    'Ask for more bytes, or train a smaller model.',
  );
}

function tooGood(best: number, goal: CompressGoal): PinholeError {
  const wanted = goal.kind === 'psnr' ? `${goal.psnr}` : 'more';
  return new PinholeError(
    'usage',
    `Expected at most ${decibels(best).toFixed(1)} dB, which is what this model can do, received ${wanted}.`,
    'Ask for less, train with more codes (--codes), or give single images more with --max-error.',
  );
}

// ---- all images ---------------------------------------------------------------------------------------------------

interface Coded {
  quantiser: Quantiser;
  codes: Uint8Array;
  residuals: Uint8Array | null;
  index: Index;
  /** Members of their own: a file that is copied, or pixels as PNG. */
  originals: Map<string, { file: string; item: StoredItem } | { png: Uint8Array }>;
  /** Pooled over all images, pixels 0–1, and of the worst one. */
  mse: number;
  worst: number;
  thumbnails: PackedContent;
}

/** A sample tells the steps; all images tell whether it was right. Each correction is a fifteenth of a halving. */
const corrections = 30;
const correction = 1.05;

async function codeToGoal(
  input: CompressInput,
  codes: Float32Array,
  choice: Choice,
  context: Context,
): Promise<Described> {
  const { goal } = input.settings;
  for (let scale = choice.point.scale, tries = 0; ; tries++) {
    const coded = await codeAll(input, codes, choice, scale, context);
    const described = { ...coded, ...describe(input, coded, choice) };
    const bytes = totalBytes(described);
    const isTooCoarse = goal.kind === 'psnr' && coded.mse > errorOf(goal.psnr);
    const isTooFine = goal.kind === 'bytes' && bytes > goal.bytes;
    if (!isTooCoarse && !isTooFine) return described;
    const canChange = choice.sensitivity !== null && tries < corrections;
    if (!canChange) throw goal.kind === 'bytes' ? tooFewBytes(bytes, goal.bytes) : tooGood(coded.mse, goal);
    scale = isTooFine ? scale * correction : scale / correction;
  }
}

async function codeAll(
  input: CompressInput,
  codes: Float32Array,
  choice: Choice,
  scale: number,
  context: Context,
): Promise<Coded> {
  const { saved, settings, items, dataset } = input;
  const { codeSize } = saved.model.spec;
  const quantiser = choice.sensitivity ? stepsFor(choice.sensitivity, scale) : wholeNumbers(codeSize);
  const values = quantise(quantiser, codes);
  const size = imageSize(saved);
  const ids = idsOf(dataset);
  const atOnce = rowsAtOnce(saved.model.image);
  const errors = new Float64Array(items.length);
  const over: OverBound[] = [];
  const shown: Uint8Array[] = [];
  const started = performance.now();
  for (let first = 0; first < ids.length; first += atOnce) {
    throwIfCancelled(context.signal);
    const rows = ids.subarray(first, first + atOnce);
    const originals = new Uint8Array(rows.length * size);
    dataset.pixels.read(rows, originals);
    const part = values.subarray(first * codeSize, (first + rows.length) * codeSize);
    const decoded = await choice.decoder.decode(dequantise(quantiser, part));
    for (let place = 0; place < rows.length; place++) {
      const [start, end] = [place * size, (place + 1) * size];
      const [original, image] = [originals.subarray(start, end), decoded.subarray(start, end)];
      errors[first + place] = meanSquaredError(image, original);
      if (shown.length < thumbnailCount) shown.push(image);
      if (settings.maxError !== null && !keepsBound(errors[first + place]!, settings.maxError)) {
        over.push({
          row: first + place,
          original: original.slice(),
          residual: residualFor(original, image, settings.maxError),
        });
      }
    }
    const done = first + rows.length;
    const rate = (done * 1000) / (performance.now() - started);
    context.onProgress?.({ stage: 'decode', done, total: ids.length, rate });
  }
  const kept = await keepImages(input, over, errors);
  return {
    quantiser,
    codes: writeCodes(quantiser, values),
    residuals: kept.residuals.length > 0 ? packResiduals(kept.residuals, saved) : null,
    index: makeIndex(input, errors, kept),
    originals: new Map(kept.originals.map(({ member, source }) => [member, source])),
    mse: errors.reduce((sum, error) => sum + error, 0) / errors.length,
    worst: errors.reduce((worst, error) => Math.max(worst, error), 0),
    thumbnails: await thumbnailSheet(saved, shown),
  };
}

// ---- images that the codes do not give well enough -----------------------------------------------------------------

interface OverBound {
  row: number;
  original: Uint8Array;
  residual: ReturnType<typeof residualFor>;
}

interface Kept {
  residuals: { row: number; step: number; values: Int16Array }[];
  originals: { row: number; member: string; source: { file: string; item: StoredItem } | { png: Uint8Array } }[];
}

/** Residual or original file, whichever is smaller; where neither can be, the pixels as they are. Sets the errors that remain. */
async function keepImages(input: CompressInput, over: readonly OverBound[], errors: Float64Array): Promise<Kept> {
  const { items, settings, saved } = input;
  const { height, width, channels } = saved.model.image;
  const kept: Kept = { residuals: [], originals: [] };
  const cost = residualCost(over, channels);
  const keep = (row: number, ending: string, source: Kept['originals'][number]['source']) => {
    const member = `${originalsFolder}${String(row).padStart(6, '0')}${ending}`;
    kept.originals.push({ row, member, source });
    errors[row] = 0;
  };
  const taken = new Set<number>();
  if (settings.keepOriginals) {
    for (const [row, item] of items.entries()) {
      const file = await unchangedFile(input, item);
      if (file === undefined) continue;
      keep(row, endingOf(file), { file, item });
      taken.add(row);
    }
  }
  for (const { row, original, residual } of over) {
    if (taken.has(row)) continue;
    const item = items[row]!;
    const bytes = residual ? cost(residual.values) : Number.POSITIVE_INFINITY;
    const file = item.bytes < bytes ? await unchangedFile(input, item) : undefined;
    if (file !== undefined) keep(row, endingOf(file), { file, item });
    else if (residual) {
      kept.residuals.push({ row, step: residual.step, values: residual.values });
      errors[row] = residual.mse;
    } else {
      const png = encodePng({ data: original, height, width, channels: channels as 1 | 3 }, 9);
      keep(row, '.pixels.png', { png });
    }
  }
  kept.originals.sort((a, b) => a.row - b.row);
  return kept;
}

/** Bytes of a residual, reckoned from how often each number comes in all of them. */
function residualCost(over: readonly OverBound[], channels: number): (values: Int16Array) => number {
  const counts = new Map<number, number>();
  let total = 0;
  for (const { residual } of over) {
    for (const value of residual?.values ?? []) {
      counts.set(value, (counts.get(value) ?? 0) + 1);
      total++;
    }
  }
  const header = total === 0 ? 0 : (channels * bitsOf(counts)) / 8 / Math.max(1, over.length) / 50;
  return (values) => header + values.reduce((sum, value) => sum + Math.log2(total / counts.get(value)!), 0) / 8;
}

function packResiduals(residuals: Kept['residuals'], saved: SavedModel): Uint8Array {
  const columns = imageSize(saved);
  const values = new Int32Array(residuals.length * columns);
  for (const [place, residual] of residuals.entries()) values.set(residual.values, place * columns);
  // One table for each channel: pixels of all places err alike.
  return packIntegers({ columns, values }, { tables: saved.model.image.channels });
}

/** Its file, where it is a whole one and still has the size that it had; what it holds is compared when it is copied. */
async function unchangedFile({ fileOf }: CompressInput, item: StoredItem): Promise<string | undefined> {
  const file = fileOf(item);
  if (file === undefined) return undefined;
  try {
    return (await stat(file)).size === item.bytes ? file : undefined;
  } catch (error) {
    if (['ENOENT', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

const endingOf = (file: string) => (/\.[A-Za-z0-9]{1,5}$/.exec(file)?.[0] ?? '').toLowerCase();

// ---- description --------------------------------------------------------------------------------------------------

function makeIndex({ items, failures }: CompressInput, errors: Float64Array, kept: Kept): Index {
  const labels = [...new Set(items.flatMap(({ label }) => label ?? []))];
  const places = new Map(labels.map((label, place) => [label, place]));
  return {
    paths: items.map(({ path }) => path),
    labels,
    label: items.map(({ label }) => (label === null ? -1 : places.get(label)!)),
    widths: items.map(({ width }) => width),
    heights: items.map(({ height }) => height),
    modified: items.map(({ modified }) => Math.max(0, Math.round(modified))),
    psnr: Array.from(errors, (error) => (error === 0 ? null : Math.floor(10 * decibels(error)))),
    residuals: kept.residuals.map(({ row, step }) => [row, step]),
    originals: kept.originals.map(({ row, member }) => [row, member]),
    unread: failures.map(({ path, reason }) => ({ path, reason })),
  };
}

function describe(input: CompressInput, coded: Coded, choice: StoredDecoder) {
  const { saved, dataset, run, pinhole, settings, items } = input;
  const { info, model } = saved;
  const contents = new Map<string, Uint8Array>([
    [memberNames.index, indexBytes(coded.index)],
    [memberNames.codes, coded.codes],
    ...(coded.residuals ? ([[memberNames.residuals, coded.residuals]] as const) : []),
  ]);
  const stored = new Set<string>([memberNames.codes, memberNames.residuals]);
  const packed = new Map<string, PackedContent>([
    [memberNames.decoder, choice.packed],
    ...[...contents].map(([name, bytes]) => [name, packContent(bytes, { store: stored.has(name) })] as const),
    [memberNames.thumbnails, coded.thumbnails],
  ]);
  const hashes: Manifest['members'] = { [memberNames.decoder]: { bytes: choice.packed.size, sha256: choice.sha256 } };
  for (const [name, bytes] of contents) hashes[name] = { bytes: bytes.length, sha256: hashOf(bytes) };
  hashes[memberNames.thumbnails] = { bytes: coded.thumbnails.size, sha256: hashOf(coded.thumbnails.body) };
  for (const [name, source] of coded.originals) {
    hashes[name] =
      'png' in source
        ? { bytes: source.png.length, sha256: hashOf(source.png) }
        : { bytes: source.item.bytes, sha256: source.item.sha256 };
  }
  const finite = (mse: number) => (mse === 0 ? null : Number(decibels(mse).toFixed(2)));
  const manifest: Manifest = {
    format: 'pinhole-archive',
    version: formatVersion,
    pinhole,
    created: new Date().toISOString(),
    name: dataset.info.name,
    images: items.length,
    image: { ...model.image, channels: model.image.channels as 1 | 3 },
    preprocessing: info.preprocessing,
    model: {
      run: run.id,
      preset: run.preset,
      codeSize: model.spec.codeSize,
      weights: info.weightsHash,
      decoderNumbers: choice.numbers,
    },
    psnr: finite(coded.mse),
    psnrWorst: finite(coded.worst),
    maxError: settings.maxError,
    members: hashes,
  };
  const members = new Map<string, PackedContent>([
    [memberNames.readme, packContent(Buffer.from(readmeText(manifest)))],
    [memberNames.manifest, packContent(Buffer.from(`${JSON.stringify(manifest, null, 1)}\n`))],
    ...packed,
  ]);
  return { manifest, members };
}

const thumbnailCount = 64;

async function thumbnailSheet({ model: { image } }: SavedModel, shown: readonly Uint8Array[]): Promise<PackedContent> {
  const { height, width, channels } = image;
  const batch = { data: Buffer.concat(shown), count: shown.length, height, width, channels: channels as 1 | 3 };
  const picture = imageGrid(batch, { gap: 2 });
  const { default: sharp } = await import('sharp');
  const raw = { width: picture.width, height: picture.height, channels: picture.channels };
  // Of a file that is there for looking in, little: half the quality is a third of the bytes.
  const bytes = await sharp(picture.data, { raw }).webp({ quality: 50 }).toBuffer();
  return packContent(bytes, { store: true });
}

const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

// ---- the file -----------------------------------------------------------------------------------------------------

type Described = Coded & { members: Map<string, PackedContent>; manifest: Manifest };

function totalBytes({ members, originals }: Described): number {
  let sum = zipOverhead([...members.keys(), ...originals.keys()]);
  for (const { body } of members.values()) sum += body.length;
  for (const source of originals.values()) sum += 'png' in source ? source.png.length : source.item.bytes;
  return sum;
}

/** Nothing is at the path before the whole file has been read back and decoded. */
async function writeVerified(input: CompressInput, coded: Described, context: Context) {
  const writer = await createAtomicWriter(input.settings.file);
  try {
    const zip = createZipWriter(writer, new Date());
    for (const [name, content] of coded.members) await zip.add(name, content);
    for (const [name, source] of coded.originals) {
      throwIfCancelled(context.signal);
      if ('png' in source) await zip.add(name, packContent(source.png, { store: true }));
      else await zip.addFile(name, source.file);
    }
    await zip.finish();
    const quality = await verifyWritten(input, writer.temporary, context);
    const bytes = writer.length;
    await writer.commit();
    return { bytes, quality };
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

async function verifyWritten(input: CompressInput, file: string, context: Context): Promise<ArchiveQuality> {
  const { dataset, items, saved } = input;
  const archive = await openArchive(file);
  await checkMembers(archive);
  const decoder = await openArchiveDecoder(archive, input.threads);
  if (!decoder || archive.problems.length > 0) throw notWhole(archive.problems[0]?.message ?? '');
  try {
    const pixels = new Uint8Array(imageSize(saved));
    const measured = await measureArchive(
      archive,
      decoder,
      {
        pixels(row) {
          dataset.pixels.read([items[row]!.id], pixels);
          return pixels;
        },
        sha256: (row) => items[row]!.sha256,
      },
      context,
    );
    const [fault] = measured.wrong;
    if (fault) throw notWhole(`${items[fault.row]!.path}: ${fault.reason}`);
    if (archive.problems.length > 0) throw notWhole(archive.problems[0]!.message);
    return measured.quality!;
  } finally {
    await decoder.release();
  }
}

/** Of files that change while they are copied, or a disk that does not keep what it is given. */
function notWhole(reason: string): PinholeError {
  return new PinholeError(
    'file-damaged',
    `The archive was read back and is not what it should be: ${reason} Nothing was written.`,
    'Make it again while nothing changes the images; if that does not help, write to another disk.',
  );
}

function summarise(
  { settings, items, failures, saved }: CompressInput,
  coded: Described,
  choice: Choice,
  bytes: number,
  quality: ArchiveQuality,
  seconds: number,
): CompressResult {
  const decoderBytes = choice.packed.body.length;
  const { height, width, channels } = saved.model.image;
  return {
    file: settings.file,
    images: items.length,
    bytes,
    decoderBytes,
    decoderNumbers: choice.numbers,
    codeBytes: coded.codes.length,
    residualBytes: coded.residuals?.length ?? 0,
    indexBytes: coded.members.get(memberNames.index)!.body.length,
    bytesPerImage: bytes / items.length,
    ...quality,
    withResidual: coded.index.residuals.length,
    storedWhole: coded.index.originals.length,
    unread: failures.length,
    size: { height, width, channels: channels as 1 | 3 },
    rivals: null,
    curve: choice.curve.map(({ bitsPerImage, mse }) => ({ bytesPerImage: bitsPerImage / 8, psnr: decibels(mse) })),
    seconds,
  };
}

/** Codes and residuals beside others; what is known of the images besides is left out, as others have none of it. */
async function compare(
  { saved, executor }: CompressInput,
  sample: Sample,
  { codeBytes, residualBytes, decoderBytes, images, psnr }: CompressResult,
  context: Context,
): Promise<Compared[]> {
  const { height, width, channels } = saved.model.image;
  const count = sample.codes.length / sample.codeSize;
  const batch = { data: sample.images, count, height, width, channels: channels as 1 | 3 };
  const rivals = await measureRivals(batch, executor, context);
  const own = { bytesPerImage: (codeBytes + residualBytes) / images, decoderBytes };
  return rivals.map((rival) => {
    const at = bytesAtError(rival, psnr ?? Number.POSITIVE_INFINITY);
    return { ...rival, at, smallerFrom: at === null ? 1 : paysOffFrom(own, at) };
  });
}
