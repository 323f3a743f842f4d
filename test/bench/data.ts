// The data that contenders are measured on, laid out once in a folder that all of them can read. Real images only.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { parse } from 'valibot';
import { importSettingsSchema } from '../../src-main/contract/settings.ts';
import { openCatalogue } from '../../src-main/dataset/catalogue.ts';
import { importDataset } from '../../src-main/dataset/import.ts';
import { pixelFile } from '../../src-main/dataset/open.ts';
import { createNpyWriter, readNpy, writeNpy } from '../../src-main/files/npy.ts';
import { createRandom } from '../../src-main/numerics/random.ts';

const repository = join(import.meta.dirname, '../..');
/** Where MNIST and the photographs are. */
export const testData = process.env.PINHOLE_TEST_DATA ?? join(repository, '../shared/data');

export const imageCount = 60_000;
export const codeSize = 64;
/** A hundred photographs take a tenth of a second; copies make a row long enough to time. */
const photoCopies = 10;
/** Enough for 32 batches of 64 to take turns. */
const photoCount = 2048;

/** One folder, under the two names that it has: for this process, and for Python where that lives in a chroot. */
export interface Place {
  here: string;
  python: string;
}

/** What is there to measure on; a path is relative to the place, and null where its source is missing. */
export interface Data {
  place: Place;
  /** uint8 60,000×28×28×1. */
  pixels: string | null;
  /** 70,000 files in class folders; with `quick` the 10,000 of the test set. */
  pngFolder: string | null;
  photoFolder: string | null;
  /** uint8 N×64×64×3: the photographs as an import stores them, over and over up to 2,048 and more. */
  photoPixels: string | null;
  /** float32 60,000×64. */
  codes: string;
  /** float32 60,000. */
  errors: string;
}

/**
 * `PINHOLE_BENCH_PYTHON_ROOT` names the root folder of a chroot that `PINHOLE_BENCH_PYTHON` enters: the data is then laid below
 * that root's own temporary folder, so that both sides read the very same files.
 */
export function benchPlace(pythonRoot: string | undefined = process.env.PINHOLE_BENCH_PYTHON_ROOT): Place {
  const name = 'pinhole-bench';
  if (pythonRoot === undefined) return { here: join(tmpdir(), name), python: join(tmpdir(), name) };
  return { here: join(pythonRoot, 'tmp', name), python: `/tmp/${name}` };
}

/** Lays out what is not there yet; tens of seconds the first time, nothing afterwards. */
export async function prepareData(place: Place, quick: boolean): Promise<Data> {
  await mkdir(place.here, { recursive: true });
  await once(place, 'codes.npy', (path) => writeNpy(path, randomCodes(), [imageCount, codeSize]));
  await once(place, 'errors.npy', (path) => writeNpy(path, randomErrors(), [imageCount]));
  const archive = join(testData, 'mnist/mnist-png.tar.gz');
  const images = join(testData, 'mnist/train-images-idx3-ubyte.gz');
  const photographs = join(testData, 'photos');
  const png = await once(place, 'mnist-png', (path) => unpack(archive, path), archive);
  return {
    place,
    codes: 'codes.npy',
    errors: 'errors.npy',
    pixels: await once(place, 'pixels.npy', (path) => storePixels(images, path), images),
    pngFolder: png === null ? null : quick ? join(png, 'test') : png,
    photoFolder: await once(place, 'photos', (path) => copyPhotos(photographs, path), photographs),
    photoPixels: await once(place, 'photo-pixels.npy', (path) => storePhotos(photographs, path), photographs),
  };
}

/** Makes `name` under a temporary name first, so that an interrupted run leaves nothing half made under the real one. */
async function once(
  place: Place,
  name: string,
  make: (path: string) => Promise<void>,
  needs?: string,
): Promise<string | null> {
  const path = join(place.here, name);
  if (existsSync(path)) return name;
  if (needs !== undefined && !existsSync(needs)) return null;
  const unfinished = `${path}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await make(unfinished);
  await rename(unfinished, path);
  return name;
}

async function unpack(archive: string, folder: string): Promise<void> {
  await mkdir(folder);
  await promisify(execFile)('tar', ['-xzf', archive, '-C', folder]);
}

async function storePixels(idxFile: string, path: string): Promise<void> {
  const bytes = gunzipSync(await readFile(idxFile));
  await writeNpy(path, bytes.subarray(16), [imageCount, 28, 28, 1]);
}

async function copyPhotos(folder: string, path: string): Promise<void> {
  for (let copy = 0; copy < photoCopies; copy++) await cp(folder, join(path, `copy-${copy}`), { recursive: true });
}

async function storePhotos(folder: string, path: string): Promise<void> {
  const workspace = await mkdtemp(join(tmpdir(), 'pinhole-bench-photos-'));
  const catalogue = openCatalogue(workspace);
  try {
    const settings = parse(importSettingsSchema, { sources: [folder], size: 64 });
    const { dataset } = await importDataset(catalogue, workspace, settings);
    const { data, shape } = await readNpy(pixelFile(workspace, dataset.id));
    const writer = await createNpyWriter(path, '|u1', shape.slice(1));
    while (writer.rows < photoCount) await writer.write(data);
    await writer.commit();
  } finally {
    catalogue.close();
    await rm(workspace, { recursive: true });
  }
}

/** As wide as real codes are: standard deviations that fall from 4 to 0.4. */
function randomCodes(): Float32Array<ArrayBuffer> {
  const random = createRandom(1);
  const codes = new Float32Array(imageCount * codeSize);
  for (let index = 0; index < codes.length; index++)
    codes[index] = random.normal() * 4 * 0.1 ** ((index % codeSize) / codeSize);
  return codes;
}

/** Mean-squared errors as good models make them, about 0.004. */
function randomErrors(): Float32Array<ArrayBuffer> {
  const random = createRandom(2);
  return new Float32Array(imageCount).map(() => 0.002 + 0.004 * random.next());
}

/** Copies the Python peers to where Python can read them; resolves to their folder as Python names it. */
export async function installPythonPeers(place: Place): Promise<string> {
  const from = join(import.meta.dirname, 'peers');
  const isWanted = async (path: string) => path.endsWith('.py') || (path === from && (await stat(path)).isDirectory());
  await cp(from, join(place.here, 'peers'), { recursive: true, filter: isWanted });
  return `${place.python}/peers`;
}
