// Images of a data set into an archive: encode, choose steps, quantise, measure, write, verify, and only then put in place.
import type { ArchiveQuality, Compared, CompressResult } from '../contract/archive.ts';
import type { Context } from '../contract/records.ts';
import { codeAll } from './coded.ts';
import {
  type Candidate,
  type Choice,
  type CompressInput,
  chooseDecoder,
  isWhole,
  openDecoders,
  prepareCandidates,
  tooFewBytes,
  tooGood,
} from './decoder-choice.ts';
import { memberNames } from './description.ts';
import { encodeAll, takeSample } from './encoded.ts';
import { wholeNumbers } from './quantiser.ts';
import { decibels, errorOf, type Sample, stepsFor } from './rate.ts';
import { bytesAtError, measureRivals, paysOffFrom } from './rivals.ts';
import { type Described, describe, totalBytes, writeVerified } from './written.ts';

export type { CompressInput } from './decoder-choice.ts';

/** Writes `settings.file`, which is as it was if anything fails. Throws `usage` where the goal cannot be reached, and `cancelled`. */
export async function compress(input: CompressInput, context: Context): Promise<CompressResult> {
  const started = performance.now();
  const codes = await encodeAll(input, context);
  const sample = takeSample(input, codes);
  const decoders = await openDecoders(input);
  try {
    const candidates = await prepareCandidates(input, decoders, sample, context);
    const beside = await bytesBeside(input, codes, candidates[0]!, context);
    const { goal } = input.settings;
    const choice = await chooseDecoder({ goal, images: input.items.length, beside }, candidates);
    const coded = await codeToGoal(input, codes, choice, context);
    const { bytes, quality } = await writeVerified(input, coded, context);
    const seconds = (performance.now() - started) / 1000;
    const result = summarise(input, coded, choice, bytes, quality, seconds);
    return input.settings.compare ? { ...result, rivals: await compare(input, sample, result, context) } : result;
  } finally {
    for (const { decoder } of decoders) await decoder.release();
  }
}

/** What an archive holds beside codes and decoder; only a goal in bytes asks for it. */
async function bytesBeside(
  input: CompressInput,
  codes: Float32Array,
  candidate: Candidate,
  context: Context,
): Promise<number> {
  if (input.settings.goal.kind !== 'bytes' || isWhole(input)) return 0;
  const tried = await codeAt(input, codes, candidate, middleScale, context);
  return totalBytes(tried) - tried.members.get(memberNames.codes)!.body.length - candidate.packed.body.length;
}

/** Where many models are: a rounding that costs about as much as the model does. */
const middleScale = 1 / 32;

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
    const described = await codeAt(input, codes, choice, scale, context);
    const bytes = totalBytes(described);
    const isTooCoarse = goal.kind === 'psnr' && described.mse > errorOf(goal.psnr);
    const isTooFine = goal.kind === 'bytes' && bytes > goal.bytes;
    if (!isTooCoarse && !isTooFine) return described;
    const canChange = choice.sensitivity !== null && tries < corrections;
    if (!canChange) throw goal.kind === 'bytes' ? tooFewBytes(bytes, goal.bytes) : tooGood(described.mse, goal);
    scale = isTooFine ? scale * correction : scale / correction;
  }
}

async function codeAt(
  input: CompressInput,
  codes: Float32Array,
  choice: Candidate,
  scale: number,
  context: Context,
): Promise<Described> {
  const { saved, dataset, run, pinhole, settings } = input;
  const { model, info } = saved;
  const { sensitivity, decoder, numbers } = choice;
  const quantiser = sensitivity ? stepsFor(sensitivity, scale) : wholeNumbers(model.spec.codeSize);
  const coded = await codeAll(input, codes, { decoder, quantiser }, context);
  const about = {
    pinhole,
    created: new Date().toISOString(),
    name: dataset.info.name,
    image: { ...model.image, channels: model.image.channels as 1 | 3 },
    preprocessing: info.preprocessing,
    model: {
      run: run.id,
      preset: run.preset,
      codeSize: model.spec.codeSize,
      weights: info.weightsHash,
      decoderNumbers: numbers,
    },
    maxError: settings.maxError,
  };
  return describe(coded, about, choice);
}

// ---- what is told -------------------------------------------------------------------------------------------------

function summarise(
  { settings, items, failures, saved }: CompressInput,
  coded: Described,
  choice: Choice,
  bytes: number,
  quality: ArchiveQuality,
  seconds: number,
): CompressResult {
  const decoderBytes = choice.packed.body.length;
  const sizeOf = (member: string) => coded.members.get(member)?.body.length ?? 0;
  const { height, width, channels } = saved.model.image;
  return {
    file: settings.file,
    images: items.length,
    bytes,
    decoderBytes,
    decoderNumbers: choice.numbers,
    codeBytes: sizeOf(memberNames.codes),
    residualBytes: sizeOf(memberNames.residuals),
    indexBytes: sizeOf(memberNames.index),
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
