// Which decoder is stored, in half precision or whole bytes, and how far codes are rounded: by what comes out at the goal.
import type { CompressGoal, CompressSettings } from '../contract/archive.ts';
import { PinholeError, throwIfCancelled } from '../contract/errors.ts';
import type { Context } from '../contract/records.ts';
import { decoderOnnx } from '../training/model-files.ts';
import { sha256Of } from './bytes.ts';
import type { ArchiveInput } from './encoded.ts';
import { type ImageDecoder, openDecoder } from './image-decoder.ts';
import { wholeNumbers } from './quantiser.ts';
import {
  decibels,
  errorOf,
  finestScale,
  measurePoint,
  measureSensitivity,
  type RatePoint,
  type Sample,
  type Sensitivity,
  searchScale,
  stepsFor,
} from './rate.ts';
import { type PackedContent, packContent } from './zip-writer.ts';

export interface CompressInput extends ArchiveInput {
  settings: CompressSettings;
}

export interface StoredDecoder {
  numbers: 'float16' | 'int8';
  packed: PackedContent;
  sha256: string;
  decoder: ImageDecoder;
}

/** A decoder that can be measured at any scale; what was measured once is known. */
export interface Candidate extends StoredDecoder {
  /** Null where codes are whole numbers already: there is only one point. */
  sensitivity: Sensitivity | null;
  measure(scale: number): Promise<RatePoint>;
}

export interface Choice extends Candidate {
  point: RatePoint;
  curve: RatePoint[];
}

export async function openDecoders({
  saved,
  threads,
}: Pick<ArchiveInput, 'saved' | 'threads'>): Promise<StoredDecoder[]> {
  const opened: StoredDecoder[] = [];
  try {
    for (const numbers of ['float16', 'int8'] as const) {
      const bytes = decoderOnnx(saved, numbers);
      const decoder = await openDecoder(bytes, saved.model.spec.codeSize, threads);
      opened.push({
        numbers,
        packed: packContent(bytes),
        sha256: sha256Of(bytes),
        decoder,
      });
    }
  } catch (error) {
    for (const { decoder } of opened) await decoder.release();
    throw error;
  }
  return opened;
}

/** Codes that are whole numbers already. */
export const isWhole = ({ saved }: Pick<ArchiveInput, 'saved'>) => saved.model.bottleneck.numbers.type === 'integers';

/** In the order of the decoders. */
export async function prepareCandidates(
  input: Pick<ArchiveInput, 'saved'>,
  decoders: readonly StoredDecoder[],
  sample: Sample,
  context: Context,
): Promise<Candidate[]> {
  let tries = 0;
  const candidates: Candidate[] = [];
  for (const stored of decoders) {
    throwIfCancelled(context.signal);
    const sensitivity = isWhole(input) ? null : await measureSensitivity(stored.decoder, sample);
    const known = new Map<number, RatePoint>();
    candidates.push({
      ...stored,
      sensitivity,
      async measure(asked) {
        const scale = sensitivity ? asked : 1;
        throwIfCancelled(context.signal);
        const before = known.get(scale);
        if (before) return before;
        const quantiser = sensitivity ? stepsFor(sensitivity, scale) : wholeNumbers(sample.codeSize);
        const point = await measurePoint(stored.decoder, sample, quantiser, scale);
        known.set(scale, point);
        context.onProgress?.({ stage: 'evaluate', done: ++tries, total: null, rate: 0, detail: 'steps of the codes' });
        return point;
      },
    });
  }
  return candidates;
}

/**
 * The one with which an archive of so many images is smaller at the same error, or better at the same size. `beside` is what else
 * it holds, in bytes. `halvings` say how closely the goal is met.
 */
export async function chooseDecoder(
  { goal, images, beside, halvings }: { goal: CompressGoal; images: number; beside: number; halvings?: number },
  candidates: readonly Candidate[],
): Promise<Choice> {
  const bytesOf = ({ packed }: StoredDecoder, { bitsPerImage }: RatePoint) =>
    packed.body.length + beside + (images * bitsPerImage) / 8;
  // What a quality is reckoned from: half precision, codes hardly rounded.
  const best = await candidates[0]!.measure(finestScale);
  const choices: Choice[] = [];
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    if (candidate.sensitivity === null) {
      const point = await candidate.measure(1);
      choices.push({ ...candidate, point, curve: [point] });
      continue;
    }
    const isWithin = (point: RatePoint) =>
      goal.kind === 'bytes' ? bytesOf(candidate, point) > goal.bytes : point.mse <= goalError(goal, best.mse);
    const { found, tried } = await searchScale(candidate.measure, isWithin, halvings);
    const point = goal.kind === 'bytes' ? tried.find((one) => !isWithin(one)) : found;
    if (point) choices.push({ ...candidate, point, curve: tried });
    least = Math.min(least, bytesOf(candidate, tried.at(-1)!));
  }
  if (choices.length === 0) throw goal.kind === 'bytes' ? tooFewBytes(least, goal.bytes) : tooGood(best.mse, goal);
  const cost = (choice: Choice) => (goal.kind === 'bytes' ? choice.point.mse : bytesOf(choice, choice.point));
  return choices.reduce((cheapest, choice) => (cost(choice) < cost(cheapest) ? choice : cheapest));
}

/** Decibels that the best quality gives away for coarser codes, and each point below it. */
const qualityLoss = { best: 0.05, perPoint: 0.05 };

/** `best` is what the decoder gives of codes that are hardly rounded at all; errors are for pixels 0–1. */
function goalError(goal: Exclude<CompressGoal, { kind: 'bytes' }>, best: number): number {
  if (goal.kind === 'psnr') return errorOf(goal.psnr);
  return errorOf(decibels(best) - qualityLoss.best - (100 - goal.quality) * qualityLoss.perPoint);
}

export function tooFewBytes(least: number, received: number): PinholeError {
  return new PinholeError(
    'usage',
    `Expected at least ${Math.ceil(least)} bytes for these images and their decoder, received ${received}.`,
    'Ask for more bytes, or train a smaller model.',
  );
}

export function tooGood(best: number, goal: CompressGoal): PinholeError {
  const wanted = goal.kind === 'psnr' ? `${goal.psnr}` : 'more';
  return new PinholeError(
    'usage',
    `Expected at most ${decibels(best).toFixed(1)} dB, which is what this model can do, received ${wanted}.`,
    'Ask for less, train with more codes (--codes), or give single images more with --max-error.',
  );
}
