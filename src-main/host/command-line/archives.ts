// The commands on archives: compress, decompress, inspect, verify. Reading options and reporting errors is not theirs.
import { resolve } from 'node:path';
import type { Run } from '../../contract/api.ts';
import type {
  AppendResult,
  ArchiveDescription,
  ArchivedImage,
  ArchiveQuality,
  Compared,
  CompressGoal,
  CompressResult,
  DecompressResult,
  RestoredFormat,
  VerifyResult,
} from '../../contract/archive.ts';
import { PinholeError } from '../../contract/errors.ts';
import type { Dataset } from '../../contract/records.ts';
import { findOne, importAs, importRequest, type LoneWork, type Options, trainOn, type Work } from './commands.ts';
import { describeImport, printable } from './summary.ts';
import { alignTable, formatCount, formatDuration, plural } from './words.ts';

/** Where nothing else is asked for: 0.55 dB below what the model can do. */
export const usualQuality = 90;

export async function compress(work: Work, sources: string[], options: Options): Promise<void> {
  const file = resolve(options.out as string);
  if (options.append === true) return append(work, file, sources, options);
  const { run, dataset } = await modelAndImages(work, sources, options);
  const { height, width, channels } = dataset;
  work.terminal.say(
    `Images come back at ${height}×${width}, ${channels === 1 ? 'grey' : 'colour'}, whatever size they had; --keep-originals stores the files as well.`,
  );
  const settings = {
    file,
    goal: goalOf(options),
    maxError: (options.maxError as number | undefined) ?? null,
    keepOriginals: options.keepOriginals === true,
    compare: options.compare === true,
  };
  const result = await work.service.compress(run.id, settings, { datasetId: dataset.id }, work.context);
  work.terminal.say(describeCompressed(result));
  if (result.rivals) work.terminal.say(describeRivals(result, result.rivals));
  work.terminal.result({ ...result, run: run.id, dataset: dataset.id });
}

/** By the model that the archive was made with, which is looked up in the workspace. */
async function append(work: Work, file: string, sources: string[], options: Options): Promise<void> {
  const { describeArchive } = await import('../archive-jobs.ts');
  const { model } = await describeArchive(file);
  if (model === null) throw damaged(file, 'which model it was made with is lost.');
  const run = findOne('run', await work.service.runs(), model.run);
  const dataset = await importAs(work, run, sources, options);
  const settings = { file, keepOriginals: options.keepOriginals === true };
  const result = await work.service.append(run.id, settings, { datasetId: dataset.id }, work.context);
  work.terminal.say(describeAppended(result));
  work.terminal.result({ ...result, run: run.id, dataset: dataset.id });
}

function goalOf({ quality, psnr, bytes }: Options): CompressGoal {
  if (bytes !== undefined) return { kind: 'bytes', bytes: bytes as number };
  if (psnr !== undefined) return { kind: 'psnr', psnr: psnr as number };
  return { kind: 'quality', quality: (quality as number | undefined) ?? usualQuality };
}

/** A run that is named with its own images or others, or one that is trained on these images. */
async function modelAndImages(
  work: Work,
  sources: string[],
  options: Options,
): Promise<{ run: Run; dataset: Dataset }> {
  const { service, terminal, context } = work;
  if (options.run !== undefined) {
    const run = findOne('run', await service.runs(), options.run as string);
    if (sources.length > 0) return { run, dataset: await importAs(work, run, sources, options) };
    return { run, dataset: findOne('data set', await service.datasets(), run.datasetId) };
  }
  const imported = await service.import(importRequest(work, sources, options), context);
  terminal.say(describeImport(imported));
  const { run } = await trainOn(work, imported.dataset, options);
  return { run, dataset: imported.dataset };
}

/** Needs no workspace, as the rest of them. */
export async function decompress(work: LoneWork, file: string, only: string[], options: Options): Promise<void> {
  const { decompressArchive } = await import('../archive-jobs.ts');
  const folder = resolve(options.out as string);
  const format = options.format as RestoredFormat;
  const result = await decompressArchive({ file: resolve(file), folder, format, only }, work.context);
  work.terminal.say(describeDecompressed(result));
  if (result.lost > 0 || result.problems.length > 0) {
    throw damaged(
      file,
      `${plural(result.files, 'image was', 'images were')} saved, ${formatCount(result.lost)} lost. ${result.problems[0] ?? ''}`,
    );
  }
  work.terminal.result(result);
}

export async function inspect(work: LoneWork, file: string, options: Options): Promise<void> {
  const { describeArchive } = await import('../archive-jobs.ts');
  const description = await describeArchive(resolve(file), { images: options.images === true });
  work.terminal.say(describeContents(description));
  if (description.list) work.terminal.say(describeImages(description.list));
  work.terminal.result(description);
}

export async function verify(work: LoneWork, file: string, options: Options): Promise<void> {
  const { verifyArchive } = await import('../archive-jobs.ts');
  const against = options.against === undefined ? null : resolve(options.against as string);
  const result = await verifyArchive(resolve(file), against, work.context);
  work.terminal.say(describeVerified(result));
  const [problem] = [...result.problems, ...result.wrong.map(({ path, reason }) => `${printable(path)}: ${reason}`)];
  if (problem !== undefined)
    throw damaged(file, `${formatCount(result.wrong.length)} of its images are affected. ${problem}`);
  work.terminal.result(result);
}

function damaged(file: string, what: string): PinholeError {
  return new PinholeError('file-damaged', `${file} is damaged: ${what}`, 'Copy it again from where it came from.');
}

// ---- in words -----------------------------------------------------------------------------------------------------

function describeCompressed(result: CompressResult): string {
  const { images, bytes, decoderBytes, bytesPerImage } = result;
  const without = (bytes - decoderBytes) / images;
  const breakdown = [
    ['codes', result.codeBytes],
    ['residuals', result.residualBytes],
    ['index', result.indexBytes],
    [`decoder (${result.decoderNumbers})`, decoderBytes],
  ] as const;
  const parts = breakdown.filter(([, size]) => size > 0).map(([name, size]) => `${name} ${formatCount(size)}`);
  const exceptions = [
    result.withResidual > 0 ? `${plural(result.withResidual, 'image')} with a residual` : '',
    result.storedWhole > 0 ? `${plural(result.storedWhole, 'image')} kept whole` : '',
    result.unread > 0 ? `${plural(result.unread, 'file')} that could not be read listed` : '',
  ].filter(Boolean);
  return [
    `Compressed ${plural(images, 'image')} in ${formatDuration(result.seconds)}: ${result.file}`,
    `  ${formatCount(bytes)} bytes, ${bytesPerImage.toFixed(1)} an image (${without.toFixed(1)} without the decoder): ${parts.join(', ')}`,
    `  ${describeQuality(result)}, at ${result.size.height}×${result.size.width}`,
    ...(exceptions.length > 0 ? [`  ${exceptions.join(', ')}`] : []),
  ].join('\n');
}

function describeAppended({ file, images, appended, known, bytes, quality, seconds }: AppendResult): string {
  return [
    `Added ${plural(appended, 'image')} in ${formatDuration(seconds)}: ${file}`,
    ...(known > 0 ? [`  ${plural(known, 'image was', 'images were')} there already`] : []),
    `  ${plural(images, 'image')} now, ${formatCount(bytes)} bytes`,
    ...(quality ? [`  ${describeQuality(quality)}, of what was added`] : []),
  ].join('\n');
}

const rivalNames: Readonly<Record<Compared['name'], string>> = {
  png: 'PNG',
  webp: 'WebP',
  jpeg: 'JPEG',
  avif: 'AVIF',
  pca: 'PCA',
};
const layoutNames: Readonly<Record<Compared['layout'], string>> = {
  files: 'a file each',
  mosaic: 'one mosaic',
  reduced: 'one mosaic at half the size',
  codes: 'codes',
};

function describeRivals(result: CompressResult, rivals: readonly Compared[]): string {
  const { psnr, codeBytes, residualBytes, decoderBytes, images } = result;
  const own = ['Pinhole', ((codeBytes + residualBytes) / images).toFixed(1), formatCount(decoderBytes), ''];
  const rows = rivals.map(({ name, layout, at, smallerFrom }) => [
    `${rivalNames[name]}, ${layoutNames[layout]}`,
    ...(at === null
      ? ['–', '–', 'is never so good']
      : [
          at.bytesPerImage.toFixed(1),
          formatCount(Math.round(at.decoderBytes)),
          smallerFrom === null ? 'never' : `from ${plural(smallerFrom, 'image')} on`,
        ]),
  ]);
  return [
    `At ${decibels(psnr)}, without names and dates; others measured on some of the images:`,
    alignTable([['', 'bytes an image', 'decoder', 'Pinhole is smaller'], own, ...rows]),
  ].join('\n');
}

function describeDecompressed({ files, whole, renamed, folder, seconds }: DecompressResult): string {
  const lines = [
    `Wrote ${plural(files, 'image')} (${formatCount(whole)} kept whole) in ${formatDuration(seconds)}: ${folder}`,
  ];
  for (const { path, file } of renamed) lines.push(`  ${printable(path)} is called ${printable(file)}`);
  return lines.join('\n');
}

function describeContents(description: ArchiveDescription): string {
  const { name, created, pinhole, model, images, size, psnr, psnrWorst, maxError, unread, members } = description;
  return [
    `${plural(images, 'image')} of "${printable(name ?? 'unknown')}", ${formatCount(description.bytes)} bytes`,
    ...(pinhole ? [`  written by Pinhole ${pinhole} on ${created!.slice(0, 10)}`] : []),
    ...(model ? [`  model ${model.preset}, ${plural(model.codeSize, 'code')}, run ${model.run}`] : []),
    ...(size ? [`  images come back at ${size.height}×${size.width}, ${size.channels === 1 ? 'grey' : 'colour'}`] : []),
    `  PSNR ${decibels(psnr)}, the worst image ${decibels(psnrWorst)}${maxError === null ? '' : `; none below ${maxError} dB`}`,
    `  ${plural(description.withResidual, 'image')} with a residual, ${formatCount(description.storedWhole)} kept whole`,
    ...unread.map(({ path, reason }) => `  could not be read: ${printable(path)}: ${reason}`),
    ...members
      .filter((member) => !member.name.startsWith('originals/'))
      .map((member) => `  ${formatCount(member.bytes).padStart(13)}  ${printable(member.name)}`),
    ...description.problems.map((problem) => `  Damaged: ${problem}`),
  ].join('\n');
}

const keptWords: Readonly<Record<ArchivedImage['kept'], string>> = {
  code: '',
  residual: 'residual',
  whole: 'kept whole',
};

function describeImages(list: readonly ArchivedImage[]): string {
  const rows = list.map(({ path, label, width, height, psnr, kept }) => [
    printable(path),
    printable(label ?? ''),
    `${height}×${width}`,
    psnr === null ? 'nothing lost' : `${psnr.toFixed(1)} dB`,
    keptWords[kept],
  ]);
  return alignTable([['image', 'label', 'original', 'PSNR', 'besides a code'], ...rows]);
}

function describeVerified({ images, compared, quality, absent, seconds }: VerifyResult): string {
  const beside = quality ? ` Beside ${plural(compared, 'original')}: ${describeQuality(quality)}.` : '';
  const missing = absent > 0 ? ` ${plural(absent, 'image has', 'images have')} no original there.` : '';
  return `Checked ${plural(images, 'image')} in ${formatDuration(seconds)}.${beside}${missing}`;
}

function describeQuality({ psnr, psnrLow, psnrWorst, ssim, ssimLow, ssimWorst }: ArchiveQuality): string {
  return (
    `PSNR ${decibels(psnr)} (5th percentile ${decibels(psnrLow)}, worst ${decibels(psnrWorst)}), ` +
    `SSIM ${ssim.toFixed(3)} (${ssimLow.toFixed(3)}, ${ssimWorst.toFixed(3)})`
  );
}

const decibels = (value: number | null) => (value === null ? '∞ dB' : `${value.toFixed(2)} dB`);
