// What an archive of a data set would take and lose, from the best quality to the worst, before anything is written.
import type { CompressionCurve, CurvePoint } from '../contract/archive.ts';
import type { Context } from '../contract/records.ts';
import { indexOf, thumbnailCount, thumbnailSheet } from './coded.ts';
import { type Choice, chooseDecoder, openDecoders, prepareCandidates } from './decoder-choice.ts';
import { indexBytes } from './description.ts';
import { type ArchiveInput, encodeAll, takeSample } from './encoded.ts';
import { dequantise, quantise, wholeNumbers } from './quantiser.ts';
import { bitsOfCodes, decibels, meanSquaredError, type Sample, stepsFor } from './rate.ts';
import { bytesAtError, measureRivals, paysOffFrom } from './rivals.ts';
import { packContent } from './zip-writer.ts';

export type CurveInput = Omit<ArchiveInput, 'settings'> & {
  /** Also measure other formats on the same pixels. */
  compare: boolean;
};

/** As `CompressGoal` counts them; closer together where more is to be had. */
const qualities = [100, 95, 90, 80, 70, 60, 45, 30, 15, 0] as const;
/** A dozen steps to the octave: finer ones are not told apart on a curve. */
const halvings = 8;
/** Each of them is decoded about fifty times. */
const sampledImages = 512;
const shownWorst = 8;
/** Offset and step of each number of the codes. */
const stepBytes = 8;
/** Of manifest, text and the container's own headers. */
const textBytes = 1900;

/** Writes nothing. Throws `cancelled`. */
export async function measureCurve(input: CurveInput, context: Context): Promise<CompressionCurve> {
  const started = performance.now();
  const { saved, items, run } = input;
  const { height, width, channels } = saved.model.image;
  const shape = { height, width, channels: channels as 1 | 3 };
  const codes = await encodeAll(input, context);
  const sample = takeSample(input, codes, sampledImages);
  const decoders = await openDecoders(input);
  try {
    const candidates = await prepareCandidates(input, decoders, sample, context);
    const points: CurvePoint[] = [];
    for (const quality of candidates[0]!.sensitivity === null ? [100] : qualities) {
      const goal = { kind: 'quality', quality } as const;
      const choice = await chooseDecoder({ goal, images: items.length, beside: 0, halvings }, candidates);
      points.push({ quality, ...(await measureAt(input, choice, sample, codes)), compared: [] });
    }
    const batch = { data: sample.images, count: sample.ids.length, ...shape };
    const rivals = input.compare ? await measureRivals(batch, input.executor, context) : [];
    for (const point of points) {
      const own = { bytesPerImage: point.codeBytes / items.length, decoderBytes: point.decoderBytes };
      point.compared = rivals.map((rival) => {
        const at = bytesAtError(rival, point.psnr);
        return { at, smallerFrom: at === null ? 1 : paysOffFrom(own, at) };
      });
    }
    return {
      runId: run.id,
      measured: new Date().toISOString(),
      images: items.length,
      sampled: sample.ids.length,
      size: shape,
      points,
      rivals,
      seconds: (performance.now() - started) / 1000,
    };
  } finally {
    for (const { decoder } of decoders) await decoder.release();
  }
}

type Measured = Omit<CurvePoint, 'quality' | 'compared'>;

async function measureAt(
  input: CurveInput,
  { sensitivity, decoder, packed, numbers, point }: Choice,
  sample: Sample,
  codes: Float32Array,
): Promise<Measured> {
  const quantiser = sensitivity ? stepsFor(sensitivity, point.scale) : wholeNumbers(sample.codeSize);
  const data = await decoder.decode(dequantise(quantiser, quantise(quantiser, sample.codes)));
  const images = split(data, sample);
  const originals = split(sample.images, sample);
  const errors = images.map((image, row) => meanSquaredError(image, originals[row]!));
  const order = Uint32Array.from(errors, (_, row) => row).sort((a, b) => errors[b]! - errors[a]!);
  const worst = order.subarray(0, shownWorst);
  return {
    decoderBytes: packed.body.length,
    decoderNumbers: numbers,
    codeBytes: stepBytes * sample.codeSize + Math.ceil(bitsOfCodes(quantise(quantiser, codes), sample.codeSize) / 8),
    besideBytes: await bytesBeside(input, images, errors),
    psnr: decibels(errors.reduce((sum, error) => sum + error, 0) / errors.length),
    psnrs: Float32Array.from(order, (row) => decibels(errors[row]!)),
    worst: Int32Array.from(worst, (row) => sample.ids[row]!),
    worstImages: Buffer.concat(Array.from(worst, (row) => images[row]!)),
  };
}

function split(data: Uint8Array, { ids }: Sample): Uint8Array[] {
  const size = data.length / ids.length;
  return Array.from(ids, (_, row) => data.subarray(row * size, (row + 1) * size));
}

/** What an archive holds beside codes and decoder; all images err as those of the sample do. */
async function bytesBeside(input: CurveInput, images: Uint8Array[], errors: number[]): Promise<number> {
  const all = Float64Array.from(input.items, (_, row) => errors[row % errors.length]!);
  const index = packContent(indexBytes(indexOf(input, all)));
  const sheet = await thumbnailSheet(input.saved, images.slice(0, thumbnailCount));
  return index.body.length + sheet.body.length + textBytes;
}
