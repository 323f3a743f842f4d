// What an archive says of itself: manifest.json and index.json with their schemas, and the text for who opens it by hand.
import * as v from 'valibot';
import type { Preprocessing } from '../contract/records.ts';
import { damagedArchive } from './bytes.ts';

export const memberNames = {
  readme: 'README.txt',
  manifest: 'manifest.json',
  decoder: 'decoder.onnx',
  index: 'index.json',
  codes: 'codes.bin',
  residuals: 'residuals.bin',
  thumbnails: 'thumbnails.webp',
} as const;
export const originalsFolder = 'originals/';

export const formatVersion = 1;

const whole = v.pipe(v.number(), v.integer(), v.minValue(0));
const text = v.pipe(v.string(), v.maxLength(4096));

export const manifestSchema = v.object({
  format: v.literal('pinhole-archive'),
  version: v.pipe(v.number(), v.integer(), v.minValue(1)),
  pinhole: text,
  /** ISO 8601. */
  created: text,
  name: text,
  images: whole,
  image: v.object({ height: whole, width: whole, channels: v.picklist([1, 3]) }),
  preprocessing: v.custom<Preprocessing>((value) => typeof value === 'object' && value !== null),
  model: v.object({ run: text, preset: text, codeSize: whole, weights: text, decoderNumbers: text }),
  /** Of what comes back, beside the images at the model's size; null where nothing is lost. */
  psnr: v.nullable(v.number()),
  psnrWorst: v.nullable(v.number()),
  /** That every image has on every machine; null where none was asked for. */
  maxError: v.nullable(v.number()),
  /** SHA-256 of what each member holds. */
  members: v.record(text, v.object({ bytes: whole, sha256: text })),
});
export type Manifest = v.InferOutput<typeof manifestSchema>;

const numbers = v.array(v.number());
const indexSchema = v.object({
  paths: v.object({ shared: v.array(whole), rest: v.array(v.string()) }),
  labels: v.array(v.string()),
  /** Of each image, its place among the labels; −1 where it has none. */
  label: numbers,
  /** Of the originals. */
  widths: v.array(whole),
  heights: v.array(whole),
  /** When the original was changed, milliseconds since 1970; 0 where that is not known. */
  modified: v.array(v.pipe(v.number(), v.minValue(0), v.maxValue(8.64e15))),
  /** Tenths of a decibel, rounded down; null where nothing is lost. */
  psnr: v.array(v.nullable(v.number())),
  /** Image and step of each row of residuals.bin. */
  residuals: v.array(v.tuple([whole, whole])),
  /** Image and member of each that is kept whole. */
  originals: v.array(v.tuple([whole, text])),
  /** What could not be read when the images were imported. */
  unread: v.array(v.object({ path: v.string(), reason: v.string() })),
});
type StoredIndex = v.InferOutput<typeof indexSchema>;
export type Index = Omit<StoredIndex, 'paths'> & {
  /** Relative to the source, `/`-separated. */
  paths: string[];
};

/** Throws `file-damaged`; `usage` where a newer Pinhole wrote it. */
export function parseManifest(bytes: Uint8Array): Manifest {
  const manifest = parse(manifestSchema, bytes, memberNames.manifest);
  if (manifest.version > formatVersion) {
    throw damagedArchive(`format version ${formatVersion}`, `${manifest.version}, of a newer Pinhole`);
  }
  return manifest;
}

/** As it lies in index.json. */
export function indexBytes(index: Index): Uint8Array {
  return Buffer.from(JSON.stringify({ ...index, paths: frontCode(index.paths) } satisfies StoredIndex));
}

/** Throws `file-damaged`. */
export function parseIndex(bytes: Uint8Array): Index {
  const stored = parse(indexSchema, bytes, memberNames.index);
  const index = { ...stored, paths: undoFrontCoding(stored.paths) };
  const count = index.paths.length;
  const { label, widths, heights, modified, psnr } = index;
  const columns = [label, widths, heights, modified, psnr];
  if (columns.every(({ length }) => length === count)) return index;
  throw damagedArchive(`${count} of everything`, columns.map(({ length }) => length).join(', '), memberNames.index);
}

/** Of each path, how many characters it has in common with the one before, and what follows: neighbours differ little. */
function frontCode(paths: readonly string[]): StoredIndex['paths'] {
  const shared: number[] = [];
  let before = '';
  for (const path of paths) {
    let length = 0;
    while (length < path.length && path[length] === before[length]) length++;
    shared.push(length);
    before = path;
  }
  return { shared, rest: paths.map((path, place) => path.slice(shared[place])) };
}

const longestPath = 4096;
/** Of all paths together: a small index may not stand for more text than fits. */
const mostCharacters = 2 ** 28;

function undoFrontCoding({ shared, rest }: StoredIndex['paths']): string[] {
  if (shared.length !== rest.length) {
    throw damagedArchive(`${rest.length} beginnings of paths`, `${shared.length}`, memberNames.index);
  }
  let before = '';
  let characters = 0;
  return rest.map((end, place) => {
    const length = shared[place]!;
    const path = before.slice(0, length) + end;
    characters += path.length;
    if (length > before.length || path.length > longestPath || characters > mostCharacters) {
      throw damagedArchive('paths', `one that begins with ${length} characters of "${before}"`, memberNames.index);
    }
    before = path;
    return path;
  });
}

function parse<T>(schema: v.GenericSchema<unknown, T>, bytes: Uint8Array, name: string): T {
  try {
    return v.parse(schema, JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch (cause) {
    throw damagedArchive('a description', (cause as Error).message, name);
  }
}

export function readmeText({ images, image, name, psnr, psnrWorst, created, pinhole }: Manifest): string {
  const size = `${image.height}×${image.width}, ${image.channels === 1 ? 'grey' : 'colour'}`;
  const loss =
    psnr === null
      ? 'Nothing of them is lost.'
      : `They are not exactly the same: PSNR ${psnr.toFixed(1)} dB over all, ${psnrWorst!.toFixed(1)} dB the worst.`;
  return `${images} images of "${name}", written by Pinhole ${pinhole} on ${created.slice(0, 10)}.

The images come back at the model's size (${size}), whatever size the originals had, except for those
that are kept whole in originals/. ${loss}
From machine to machine, pixels may differ by 1 of 255.

To get the images back: pinhole decompress FILE --out FOLDER

Without Pinhole:
- manifest.json says what this is; index.json has, column by column, what is known of each image.
- codes.bin holds a code for each image, as whole numbers. How they are written is in resources/docs/archive.md
  of Pinhole.
- decoder.onnx turns codes into images in any ONNX runtime: input "code", float32 N×K; output "image", uint8
  N×height×width×channels.
- residuals.bin, where it is there, holds what is added to the images that the decoder alone does not give well.
- thumbnails.webp shows the first images as they come back.
`;
}
