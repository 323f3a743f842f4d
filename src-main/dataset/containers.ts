// Archives and arrays opened up: each member or slice becomes a candidate that says where its bytes lie.
import { createReadStream, createWriteStream, mkdirSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createInflateRaw } from 'node:zlib';
import { PinholeError, throwIfCancelled } from '../contract/errors.ts';
import type { ImportFailure } from '../contract/records.ts';
import { writeError } from '../files/atomic.ts';
import { openNpy } from '../files/npy.ts';
import {
  type ArrayPlace,
  arrayCandidates,
  findLabelFile,
  isLabelShape,
  labelNames,
  parseLabels,
  readArrayHeader,
  readLabelFile,
} from './arrays.ts';
import { readAll } from './bytes.ts';
import { readTar } from './formats/tar.ts';
import { readZip, type ZipMember } from './formats/zip.ts';
import { isJunk, recognise, recogniseLength, withArticle } from './recognise.ts';
import type { Candidate, Place } from './tasks.ts';

/** Paths and labels are relative to the container; a failure with an empty path is about the container itself. */
export type Found =
  | { candidate: Candidate }
  | { failure: ImportFailure }
  /** The container holds labels only: fine if an array beside it has taken them. */
  | { labelsOnly: true }
  /** A file that was read as the labels of this container. */
  | { labelFile: string };

export interface ContainerOptions {
  /** A folder for what must be unpacked before it can be read at any place. */
  spoolFolder: string;
  pixelLimit: number;
  signal: AbortSignal | undefined;
}

/** Errors: `file-damaged`, `format-unsupported`, `disk-full`, `cancelled`. */
export async function* expandContainer(file: string, options: ContainerOptions): AsyncGenerator<Found> {
  yield* expand(file, file, options);
}

/** `file` is what is read, `origin` what the person knows: they differ where it had to be unpacked. */
async function* expand(file: string, origin: string, options: ContainerOptions): AsyncGenerator<Found> {
  const format = recognise(await readHead(file, recogniseLength), basename(file));
  switch (format) {
    case 'zip':
      yield* expandZip(file, options);
      break;
    case 'tar':
      yield* expandTar(file, options);
      break;
    case 'npy':
    case 'idx':
      yield* expandArray(file, origin, options);
      break;
    case 'gzip':
      if (file !== origin) throw unsupported('a gzip file inside a gzip file');
      yield* expand(await unpackGzip(file, options), origin, options);
      break;
    default:
      throw unsupported(format === 'empty' ? 'an empty file' : withArticle(format));
  }
}

/** An archive of images, or of arrays (.npz). */
async function* expandZip(file: string, options: ContainerOptions): AsyncGenerator<Found> {
  const arrays: ZipMember[] = [];
  for await (const member of readZip(file)) {
    throwIfCancelled(options.signal);
    const path = member.name.replaceAll('\\', '/');
    const unsafe = unsafeReason(path);
    if (unsafe !== null) yield { failure: { path: member.name, code: 'archive-unsafe', reason: unsafe } };
    else if (path.split('/').some(isJunk)) continue;
    else if (member.place === null) yield { failure: failureOf(path, member.problem!) };
    else if (path.endsWith('.npy')) arrays.push({ ...member, name: path });
    else yield { candidate: memberCandidate(path, member.place) };
  }
  yield* expandNpz(arrays, options);
}

async function* expandNpz(arrays: readonly ZipMember[], options: ContainerOptions): AsyncGenerator<Found> {
  const images: { member: ZipMember; place: ArrayPlace; header: ReturnType<typeof readArrayHeader> }[] = [];
  const labels: ZipMember[] = [];
  for (const member of arrays) {
    try {
      const place = await plainPlace(member.place!, options);
      const header = readArrayHeader(await readHead(place.file, 1 << 17, place.offset), place.length);
      if (isLabelShape(header.shape)) labels.push(member);
      else images.push({ member, ...(await inRowOrder(place, header, options)) });
    } catch (error) {
      yield { failure: failureOf(member.name, error) };
    }
  }
  for (const { member, place, header } of images) {
    // With a single pair of arrays their names do not matter.
    const names = labelNames(basename(member.name));
    const twin = labels.find(({ name }) => names.includes(basename(name)));
    const match = twin ?? (images.length === 1 && labels.length === 1 ? labels[0] : undefined);
    // One array in the archive is like the archive being the array.
    const prefix = images.length === 1 ? '' : `${member.name.replace(/\.npy$/, '')}/`;
    try {
      const names = match && parseLabels(readAll(match.place!).bytes, header.shape[0]!, false);
      for (const candidate of arrayCandidates(place, header, names ?? null, options.pixelLimit)) {
        yield { candidate: { ...candidate, path: prefix + candidate.path } };
      }
    } catch (error) {
      yield { failure: failureOf(member.name, error) };
    }
  }
}

async function* expandTar(file: string, { signal }: ContainerOptions): AsyncGenerator<Found> {
  for (const { name, offset, length, isLink } of await readTar(file, signal)) {
    const path = name.replace(/^(\.\/)+/, '');
    const unsafe = unsafeReason(path);
    if (unsafe !== null) yield { failure: { path: name, code: 'archive-unsafe', reason: unsafe } };
    else if (path.split('/').some(isJunk)) continue;
    else if (isLink)
      yield { failure: { path, code: 'format-unsupported', reason: 'Links inside archives are not followed.' } };
    else yield { candidate: memberCandidate(path, { file, offset, length, inflated: null, checksum: null }) };
  }
}

async function* expandArray(file: string, origin: string, options: ContainerOptions): AsyncGenerator<Found> {
  const { size } = await stat(file);
  const place = { file, offset: 0, length: size };
  const header = readArrayHeader(await readHead(file, 1 << 17), size);
  if (isLabelShape(header.shape)) {
    yield { labelsOnly: true };
    return;
  }
  const labelFile = findLabelFile(origin);
  let labels: string[] | null = null;
  if (labelFile !== undefined) {
    yield { labelFile };
    try {
      labels = readLabelFile(labelFile, header.shape[0]!);
    } catch (error) {
      yield { failure: { ...failureOf('', error), path: `../${basename(labelFile)}` } };
    }
  }
  const ordered = await inRowOrder(place, header, options);
  for (const candidate of arrayCandidates(ordered.place, ordered.header, labels, options.pixelLimit))
    yield { candidate };
}

/** Label: the folder inside the archive. */
function memberCandidate(path: string, place: Place): Candidate {
  const folders = path.split('/').slice(0, -1);
  return { path, label: folders.at(-1) ?? null, test: false, place, array: null, page: 0 };
}

/** Nothing is unpacked to where a member says, but a path that climbs out would also lead exports astray. */
function unsafeReason(path: string): string | null {
  const climbs = path.split('/').includes('..');
  if (!climbs && !path.startsWith('/') && !/^[a-z]:/i.test(path) && !path.includes('\0')) return null;
  return 'The archive member would leave the target folder: skipped.';
}

function failureOf(path: string, error: unknown): ImportFailure {
  const { code, message, advice } = PinholeError.from(error);
  if (code === 'cancelled' || code === 'disk-full') throw error;
  return { path, code, reason: advice === '' || code === 'internal' ? message : `${message} ${advice}` };
}

/** Slices of an array must be at known places: a deflated one is unpacked to a file. */
async function plainPlace(place: Place, options: ContainerOptions): Promise<ArrayPlace> {
  if (place.inflated === null) return place;
  const source = createReadStream(place.file, {
    start: place.offset,
    end: place.offset + Math.max(0, place.length - 1),
  });
  const file = await spool(source, createInflateRaw(), options);
  return { file, offset: 0, length: (await stat(file)).size };
}

/** Arrays in Fortran order have the values of an image far apart: they are rewritten row by row. */
async function inRowOrder(place: ArrayPlace, header: ReturnType<typeof readArrayHeader>, options: ContainerOptions) {
  if (!header.fortranOrder) return { place, header };
  const source =
    place.offset === 0
      ? place.file
      : await spool(
          createReadStream(place.file, { start: place.offset, end: place.offset + place.length - 1 }),
          null,
          options,
        );
  const array = await openNpy(source);
  async function* rows() {
    for (let row = 0; row < array.rows; row += 64) {
      const data = await array.read(row, Math.min(64, array.rows - row));
      yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    }
  }
  try {
    const file = await spool(Readable.from(rows()), null, options);
    return { place: { file, offset: 0, length: array.byteLength }, header: { ...header, dataOffset: 0 } };
  } finally {
    await array.close();
  }
}

function unpackGzip(file: string, options: ContainerOptions): Promise<string> {
  return spool(createReadStream(file), createGunzip(), options);
}

let spoolNumber = 0;

async function spool(
  source: Readable,
  unpacker: NodeJS.ReadWriteStream | null,
  { spoolFolder, signal }: ContainerOptions,
): Promise<string> {
  mkdirSync(spoolFolder, { recursive: true });
  const file = join(spoolFolder, `${process.pid}-${spoolNumber++}`);
  const steps = unpacker === null ? [source, createWriteStream(file)] : [source, unpacker, createWriteStream(file)];
  try {
    await pipeline(steps, signal ? { signal } : {});
    return file;
  } catch (cause) {
    throwIfCancelled(signal);
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT') throw writeError(file, cause);
    const text = `Expected compressed data, received damaged data: ${message.replace(/\.$/, '')}.`;
    throw new PinholeError('file-damaged', text, 'Copy or download the file again.', { cause });
  }
}

async function readHead(file: string, length: number, position = 0): Promise<Uint8Array> {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(new Uint8Array(length), 0, length, position);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

function unsupported(received: string): PinholeError {
  const message = `Expected an archive of images or an array, received ${received}.`;
  return new PinholeError('format-unsupported', message, 'Unpack it and import the folder.');
}
