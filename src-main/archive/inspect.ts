// What an archive says of itself and of its images, without decoding anything.
import { stat } from 'node:fs/promises';
import type { ArchiveDescription, ArchivedImage } from '../contract/archive.ts';
import { type Archive, openArchive } from './archive-file.ts';
import { type Index, originalsFolder } from './description.ts';

/** With `images`, also what is known of each. Throws as `openArchive` does. */
export async function describeArchive(file: string, { images = false } = {}): Promise<ArchiveDescription> {
  return describeOpened(await openArchive(file), images);
}

export async function describeOpened(archive: Archive, listed: boolean): Promise<ArchiveDescription> {
  const { file, manifest, index, members, problems, images, codes } = archive;
  const originals = members.names.filter((name) => name.startsWith(originalsFolder)).length;
  return {
    file,
    bytes: (await stat(file)).size,
    name: manifest?.name ?? null,
    created: manifest?.created ?? null,
    pinhole: manifest?.pinhole ?? null,
    model: manifest
      ? { run: manifest.model.run, preset: manifest.model.preset, codeSize: manifest.model.codeSize }
      : codes && { run: '', preset: '', codeSize: codes.packed.columns },
    images,
    size: manifest?.image ?? null,
    psnr: manifest?.psnr ?? null,
    psnrWorst: manifest?.psnrWorst ?? null,
    maxError: manifest?.maxError ?? null,
    withResidual: index?.residuals.length ?? 0,
    storedWhole: index?.originals.length ?? originals,
    unread: index?.unread ?? [],
    members: members.names.map((name) => ({ name, bytes: members.packedSize(name) })),
    list: listed && index ? listImages(index) : null,
    problems: problems.map(({ message }) => message),
  };
}

/** From the worst to the best. */
function listImages(index: Index): ArchivedImage[] {
  const residuals = new Set(index.residuals.map(([row]) => row));
  const originals = new Set(index.originals.map(([row]) => row));
  const list = index.paths.map((path, row): ArchivedImage => {
    const tenths = index.psnr[row]!;
    return {
      path,
      label: index.labels[index.label[row]!] ?? null,
      width: index.widths[row]!,
      height: index.heights[row]!,
      psnr: tenths === null ? null : tenths / 10,
      kept: originals.has(row) ? 'whole' : residuals.has(row) ? 'residual' : 'code',
    };
  });
  const error = ({ psnr }: ArchivedImage) => psnr ?? Number.POSITIVE_INFINITY;
  return list.sort((a, b) => (error(a) === error(b) ? 0 : error(a) - error(b)));
}
