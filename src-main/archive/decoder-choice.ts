// Which decoder is stored, in half precision or whole bytes, and how far codes are rounded: by what comes out at the goal.
import type { CompressGoal, CompressSettings } from '../contract/archive.ts';
import { PinholeError, throwIfCancelled } from '../contract/errors.ts';
import type { Context } from '../contract/records.ts';
import { decoderOnnx } from '../training/model-files.ts';
import { sha256Of } from './bytes.ts';
import type { ArchiveInput } from './encoded.ts';
import { type ImageDecoder, openDecoder } from './image-decoder.ts';
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

export interface Choice extends StoredDecoder {
  sensitivity: Sensitivity | null;
  point: RatePoint;
  curve: RatePoint[];
}

export async function openDecoders({ saved, threads }: CompressInput): Promise<StoredDecoder[]> {
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

/** The one with which the archive is smaller at the same error, or better at the same size. `beside` is what else it holds. */
export async function chooseDecoder(
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

/** Codes that are whole numbers already. */
export const isWhole = ({ saved }: Pick<CompressInput, 'saved'>) => saved.model.bottleneck.numbers.type === 'integers';

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
