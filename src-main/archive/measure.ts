// How far the images of an archive are from those that it was made of, image by image; and whether that is what it says.
import type { ArchiveQuality } from '../contract/archive.ts';
import { PinholeError } from '../contract/errors.ts';
import type { Context } from '../contract/records.ts';
import { createQualityMeter, type ImageQuality, peakSignalToNoise } from '../numerics/image-quality.ts';
import { type Archive, decodeBlocks, expectHash } from './archive-file.ts';
import { sha256Of } from './bytes.ts';
import { memberNames } from './description.ts';
import type { ImageDecoder } from './image-decoder.ts';
import { meanSquaredError } from './rate.ts';

/** The images that an archive was made of. */
export interface Originals {
  /** Pixels of an image at the model's size, uint8 H×W×C; undefined where it is not there. */
  pixels(row: number): Uint8Array | undefined;
  /** SHA-256 of the file, for images that are kept whole. */
  sha256(row: number): string | undefined;
}

export interface Measured {
  /** Images that were compared. */
  compared: number;
  /** Null where none was. */
  quality: ArchiveQuality | null;
  /** Of each image that is not what the archive says, or could not be had. */
  wrong: { row: number; reason: string }[];
}

// Pixels of another machine may differ by 1/255, and the index rounds down: so much worse is still what was promised.
const tolerance = 1 / 255;

/** Decodes everything. What is damaged is in `wrong` and among the archive's problems. */
export async function measureArchive(
  archive: Archive,
  decoder: ImageDecoder,
  originals: Originals,
  context: Context,
): Promise<Measured> {
  const { index, manifest } = archive;
  const kept = new Map(index?.originals ?? []);
  const size = decoder.image.height * decoder.image.width * decoder.image.channels;
  const meter = createQualityMeter(decoder.image);
  const wrong: Measured['wrong'] = [];
  const errors: number[] = [];
  const similarities: number[] = [];
  for await (const { first, count, images, lost } of decodeBlocks(archive, decoder, 'evaluate', context)) {
    for (let place = 0; place < count; place++) {
      const row = first + place;
      const member = kept.get(row);
      const original = originals.pixels(row);
      if (member !== undefined) {
        const fault = await faultOfOriginal(archive, member, originals.sha256(row));
        if (fault) wrong.push({ row, reason: fault });
        else if (original) {
          errors.push(0);
          similarities.push(meter.add(original, original));
        }
      } else if (lost.has(place)) {
        wrong.push({ row, reason: 'Its code or its residual is damaged.' });
      } else if (original) {
        const image = images.subarray(place * size, (place + 1) * size);
        const mse = meanSquaredError(original, image);
        errors.push(mse);
        similarities.push(meter.add(original, image));
        const promised = index?.psnr[row] ?? null;
        const limit = (promised === null ? 0 : 10 ** (-promised / 200)) + tolerance;
        if (index && Math.sqrt(mse) > limit) {
          wrong.push({ row, reason: 'It is further from the original than the index says.' });
        } else if (manifest && manifest.maxError !== null && Math.sqrt(mse) > 10 ** (-manifest.maxError / 20)) {
          wrong.push({ row, reason: `It is worse than the bound of ${manifest.maxError} dB.` });
        }
      }
    }
  }
  return {
    compared: errors.length,
    quality: errors.length === 0 ? null : summarise(meter.result(), errors, similarities),
    wrong,
  };
}

/** `errors` are mean-squared errors for pixels 0–1, in the order of `similarities`. */
function summarise({ psnr, ssim }: ImageQuality, errors: number[], similarities: number[]): ArchiveQuality {
  const worst = Float64Array.from(errors).sort().reverse();
  const similar = Float64Array.from(similarities).sort();
  const low = Math.ceil(lowShare * errors.length) - 1;
  const decibels = (mse: number) => finite(peakSignalToNoise(mse));
  return {
    psnr: finite(psnr),
    psnrLow: decibels(worst[low]!),
    psnrWorst: decibels(worst[0]!),
    ssim,
    ssimLow: similar[low]!,
    ssimWorst: similar[0]!,
  };
}

/** Of the images: the 5th percentile by nearest rank. */
const lowShare = 0.05;

async function faultOfOriginal({ members, manifest }: Archive, name: string, sha256: string | undefined) {
  try {
    const bytes = await members.read(name);
    expectHash(manifest, name, bytes);
    // What Pinhole wrote itself, from pixels, has no file that it could be the same as.
    const isFile = !name.endsWith('.pixels.png');
    if (!isFile || sha256 === undefined || sha256Of(bytes) === sha256) return undefined;
    return 'The file that is kept whole is another one.';
  } catch (error) {
    return (error as Error).message;
  }
}

/** Every member is there and is what manifest.json says; adds what is not to the archive's problems. */
export async function checkMembers({ members, manifest, problems }: Archive): Promise<void> {
  for (const name of Object.keys(manifest?.members ?? {})) {
    // Told when the archive was opened, with more to say.
    if (([memberNames.index, memberNames.decoder] as string[]).includes(name)) continue;
    try {
      expectHash(manifest, name, await members.read(name));
    } catch (error) {
      problems.push(PinholeError.from(error));
    }
  }
}
const finite = (decibels: number) => (Number.isFinite(decibels) ? decibels : null);
