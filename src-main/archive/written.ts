// The file itself: what its members are, written under another name, read back, decoded, and only then put in place.
import type { ArchiveQuality } from '../contract/archive.ts';
import { PinholeError, throwIfCancelled } from '../contract/errors.ts';
import type { Context } from '../contract/records.ts';
import { createAtomicWriter } from '../files/atomic.ts';
import { openArchive, openArchiveDecoder } from './archive-file.ts';
import { sha256Of } from './bytes.ts';
import type { Coded } from './coded.ts';
import { formatVersion, indexBytes, type Manifest, memberNames, readmeText } from './description.ts';
import { type ArchiveInput, imageSize } from './encoded.ts';
import { checkMembers, measureArchive } from './measure.ts';
import { packIntegers, unpackIntegers } from './packed-integers.ts';
import { writeCodes } from './quantiser.ts';
import { decibels } from './rate.ts';
import { createZipWriter, type PackedContent, packContent, zipOverhead } from './zip-writer.ts';

export type Described = Coded & { members: Map<string, PackedContent>; manifest: Manifest };

/** What a manifest says of more than single images. */
export type About = Omit<Manifest, 'format' | 'version' | 'images' | 'psnr' | 'psnrWorst' | 'members'>;

export function describe(coded: Coded, about: About, decoder: { packed: PackedContent; sha256: string }): Described {
  const contents = new Map<string, Uint8Array>([
    [memberNames.index, indexBytes(coded.index)],
    [memberNames.codes, writeCodes(coded.quantiser, coded.values)],
    ...(coded.residuals.length > 0
      ? ([[memberNames.residuals, packResiduals(coded, about.image.channels)]] as const)
      : []),
  ]);
  const stored = new Set<string>([memberNames.codes, memberNames.residuals]);
  const packed = new Map<string, PackedContent>([
    [memberNames.decoder, decoder.packed],
    ...[...contents].map(([name, bytes]) => [name, packContent(bytes, { store: stored.has(name) })] as const),
    [memberNames.thumbnails, coded.thumbnails],
  ]);
  const hashes: Manifest['members'] = { [memberNames.decoder]: { bytes: decoder.packed.size, sha256: decoder.sha256 } };
  for (const [name, bytes] of contents) hashes[name] = { bytes: bytes.length, sha256: sha256Of(bytes) };
  hashes[memberNames.thumbnails] = { bytes: coded.thumbnails.size, sha256: sha256Of(coded.thumbnails.body) };
  for (const [name, source] of coded.originals) {
    if ('png' in source) hashes[name] = { bytes: source.png.length, sha256: sha256Of(source.png) };
    else {
      const { bytes, sha256 } = 'item' in source ? source.item : source;
      hashes[name] = { bytes, sha256 };
    }
  }
  const finite = (mse: number) => (mse === 0 ? null : Number(decibels(mse).toFixed(2)));
  const manifest: Manifest = {
    format: 'pinhole-archive',
    version: formatVersion,
    ...about,
    images: coded.index.paths.length,
    psnr: finite(coded.mse),
    psnrWorst: finite(coded.worst),
    members: hashes,
  };
  const members = new Map<string, PackedContent>([
    [memberNames.readme, packContent(Buffer.from(readmeText(manifest)))],
    [memberNames.manifest, packContent(Buffer.from(`${JSON.stringify(manifest, null, 1)}\n`))],
    ...packed,
  ]);
  return { ...coded, manifest, members };
}

function packResiduals({ residuals }: Coded, channels: number): Uint8Array {
  const columns = residuals[0]!.length;
  const values = new Int32Array(residuals.length * columns);
  for (const [place, residual] of residuals.entries()) values.set(residual, place * columns);
  // One table for each channel: pixels of all places err alike.
  return packIntegers({ columns, values }, { tables: channels });
}

export function totalBytes({ members, originals }: Described): number {
  let sum = zipOverhead([...members.keys(), ...originals.keys()]);
  for (const { body } of members.values()) sum += body.length;
  for (const source of originals.values())
    sum += 'png' in source ? source.png.length : ('item' in source ? source.item : source).bytes;
  return sum;
}

/**
 * Nothing is at the path before the whole file has been read back and decoded. `firstRow` is the place of the input's first
 * image: those before it are compared by their numbers alone.
 */
export async function writeVerified(input: ArchiveInput, coded: Described, context: Context, firstRow = 0) {
  const writer = await createAtomicWriter(input.settings.file);
  try {
    const zip = createZipWriter(writer, new Date());
    for (const [name, content] of coded.members) await zip.add(name, content);
    for (const [name, source] of coded.originals) {
      throwIfCancelled(context.signal);
      if ('file' in source) await zip.addFile(name, source.file);
      else await zip.add(name, packContent('png' in source ? source.png : await source.read(), { store: true }));
    }
    await zip.finish();
    const quality = await verifyWritten(input, coded, writer.temporary, firstRow, context);
    const bytes = writer.length;
    throwIfCancelled(context.signal);
    await writer.commit();
    return { bytes, quality };
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

async function verifyWritten(
  input: ArchiveInput,
  { values }: Coded,
  file: string,
  firstRow: number,
  context: Context,
): Promise<ArchiveQuality> {
  const { dataset, items, saved } = input;
  const archive = await openArchive(file);
  await checkMembers(archive);
  const decoder = await openArchiveDecoder(archive, input.threads);
  if (!decoder) throw notWhole(archive.problems[0]?.message ?? '');
  try {
    if (archive.problems.length > 0) throw notWhole(archive.problems[0]!.message);
    const read = unpackIntegers(archive.codes!.packed);
    if (!read.every((value, place) => value === values[place])) throw notWhole('Its numbers are others.');
    const pixels = new Uint8Array(imageSize(saved));
    const measured = await measureArchive(
      archive,
      decoder,
      {
        pixels(row) {
          const item = items[row - firstRow];
          if (!item) return undefined;
          dataset.pixels.read([item.id], pixels);
          return pixels;
        },
        sha256: (row) => items[row - firstRow]?.sha256,
      },
      context,
    );
    const [fault] = measured.wrong;
    if (fault) throw notWhole(`${archive.index!.paths[fault.row]}: ${fault.reason}`);
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
