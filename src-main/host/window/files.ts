// Folders that may be chosen from, uploads from a browser, downloads of what was exported.
import { randomUUID } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { mkdir, open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import type { Service } from '../../contract/api.ts';
import { PinholeError } from '../../contract/errors.ts';
import type { FolderListing, UploadedFile } from '../../contract/views.ts';
import { hasImageName } from '../../dataset/recognise.ts';
import { writeError } from '../../files/atomic.ts';
import { isInside, realPath } from '../../files/paths.ts';
import { allowedFolders, expectAllowed } from './access.ts';
import type { Surroundings } from './parts.ts';

export type FilePart = Pick<
  Service,
  'listFolder' | 'beginUpload' | 'upload' | 'uploadFiles' | 'endUpload' | 'dropUpload' | 'download'
>;

const downloadBytes = 4 * 2 ** 20;
/** What is a link in this moment was none when it was checked. Windows has no such flag, nor links that anybody may make. */
const noLink = constants.O_NOFOLLOW ?? 0;
const newFile = constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC | noLink;
const archives = new Set(['.zip', '.tar', '.tgz', '.gz', '.pinhole']);
const arrays = new Set(['.npy', '.npz', '.idx']);

export function filePart(surroundings: Surroundings): FilePart {
  const { workspace } = surroundings;
  const uploadFolder = (id: string) => {
    const folder = join(workspace, 'uploads', id);
    if (existsSync(folder)) return folder;
    throw new PinholeError('not-found', `There is no upload ${id}.`, 'Drop the files again.');
  };
  return {
    listFolder: async (path) => listFolder(surroundings, path),
    async beginUpload() {
      const id = randomUUID();
      await mkdir(join(workspace, 'uploads', id), { recursive: true });
      return id;
    },
    upload: async (id, path, offset, data) => writeChunk(uploadFolder(id), path, offset, data),
    uploadFiles: async (id, files) => writeFiles(uploadFolder(id), files),
    endUpload: async (id) => uploadFolder(id),
    dropUpload: async (id) => dropUpload(surroundings, id, uploadFolder(id)),
    download: async (file, offset) => readChunk(expectDownloadable(surroundings, file), offset),
  };
}

async function listFolder(surroundings: Surroundings, wanted: string | null): Promise<FolderListing> {
  const { roots: given, workspace } = surroundings;
  // The workspace is of interest only where there is nothing else.
  const roots = [...new Set(allowedFolders({ ...surroundings, workspace: given[0] ?? workspace }))];
  const path = expectAllowed(surroundings, wanted ?? roots[0]!);
  const found = await readdir(path, { withFileTypes: true }).catch((cause: NodeJS.ErrnoException) => {
    throw new PinholeError(
      'source-missing',
      `The folder ${path} cannot be read: ${cause.message}`,
      'Choose another folder.',
      { cause },
    );
  });
  const entries: FolderListing['entries'] = [];
  for (const entry of found) {
    if (entry.name.startsWith('.')) continue;
    const file = join(path, entry.name);
    const info = await stat(file).catch(() => undefined); // a link that leads nowhere
    if (info === undefined || !(info.isDirectory() || info.isFile())) continue;
    entries.push({
      name: entry.name,
      path: file,
      kind: info.isDirectory() ? 'folder' : kindOf(entry.name),
      bytes: info.isDirectory() ? 0 : info.size,
    });
  }
  const compare = new Intl.Collator(undefined, { numeric: true }).compare;
  entries.sort((a, b) => Number(b.kind === 'folder') - Number(a.kind === 'folder') || compare(a.name, b.name));
  const parent = dirname(path);
  const isReachable = parent !== path && allowedFolders(surroundings).some((folder) => isInside(folder, parent));
  return { path, parent: isReachable ? parent : null, roots, entries };
}

function kindOf(name: string): FolderListing['entries'][number]['kind'] {
  if (hasImageName(name)) return 'image';
  const ending = extname(name).toLowerCase();
  if (archives.has(ending)) return 'archive';
  return arrays.has(ending) || /-(images|labels)\b|idx\d-ubyte/.test(name) ? 'array' : 'other';
}

/** Where an uploaded file belongs. Throws `refused` for a path that would lead out of the upload. */
function placeOf(folder: string, path: string): string {
  const parts = path.split('/');
  if (path.includes('\\') || parts.some((part) => part === '' || part === '.' || part === '..' || /[\0:]/.test(part))) {
    throw refusedPart(path);
  }
  const file = join(folder, ...parts);
  if (!isInside(realPath(folder), realPath(file))) throw refusedPart(path);
  return file;
}

/** Files under way at a time: more than the threads that write gain nothing. */
const writtenAtOnce = 8;

/** All paths are looked at before anything is written. */
async function writeFiles(folder: string, files: readonly UploadedFile[]): Promise<void> {
  const places = files.map(({ path, data }) => ({ file: placeOf(folder, path), data }));
  for (const parent of new Set(places.map(({ file }) => dirname(file)))) {
    await mkdir(parent, { recursive: true }).catch((error) => Promise.reject(writeError(parent, error)));
  }
  const queue = places.values();
  const writeNext = async () => {
    for (const { file, data } of queue) {
      await writeFile(file, data, { flag: newFile }).catch((error) => Promise.reject(writeError(file, error)));
    }
  };
  await Promise.all(Array.from({ length: writtenAtOnce }, writeNext));
}

async function writeChunk(folder: string, path: string, offset: number, data: Uint8Array): Promise<void> {
  const file = placeOf(folder, path);
  try {
    await mkdir(dirname(file), { recursive: true });
    const handle = await open(file, offset === 0 ? newFile : constants.O_RDWR | noLink);
    try {
      const { size } = await handle.stat();
      if (size !== offset) {
        throw new PinholeError(
          'usage',
          `Expected the chunk at ${size} of “${path}”, received the one at ${offset}.`,
          'Drop the files again.',
        );
      }
      await handle.write(data, 0, data.length, offset);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw error instanceof PinholeError ? error : writeError(file, error);
  }
}

function refusedPart(path: string): PinholeError {
  return new PinholeError(
    'refused',
    `Expected a relative path for an uploaded file, received “${path}”.`,
    'Drop the files again.',
  );
}

/** Throws `usage` where a data set was made of it: its originals are there. */
async function dropUpload({ catalogue }: Surroundings, id: string, folder: string): Promise<void> {
  const real = realPath(folder);
  const user = [...catalogue.listDatasets(), ...catalogue.datasetsAside()].find(({ sources }) =>
    sources.some((source) => isInside(real, realPath(source))),
  );
  if (user)
    throw new PinholeError('usage', `The upload ${id} is a source of the data set ${user.name}.`, 'Delete that first.');
  await rm(folder, { recursive: true, force: true });
}

/** A page may read what it could have written, not every picture of the roots. Throws `refused`. */
function expectDownloadable(surroundings: Surroundings, path: string): string {
  const file = expectAllowed(surroundings, path);
  const isOfRun = () => surroundings.catalogue.listRuns().some(({ folder }) => isInside(realPath(folder), file));
  if (surroundings.written.has(file) || isOfRun()) return file;
  throw new PinholeError('refused', `Expected a file that an export wrote, received “${path}”.`, 'Export it again.');
}

async function readChunk(file: string, offset: number): Promise<{ size: number; data: Uint8Array }> {
  const handle = await open(file, constants.O_RDONLY | noLink).catch((cause: NodeJS.ErrnoException) => {
    throw new PinholeError('not-found', `The file ${file} cannot be read: ${cause.message}`, 'Export it again.', {
      cause,
    });
  });
  try {
    const info = await handle.stat();
    if (!info.isFile())
      throw new PinholeError(
        'usage',
        `Expected a file, received the folder ${file}.`,
        'Download its files one by one.',
      );
    const data = new Uint8Array(Math.max(0, Math.min(downloadBytes, info.size - offset)));
    const { bytesRead } = await handle.read(data, 0, data.length, offset);
    return { size: info.size, data: data.subarray(0, bytesRead) };
  } finally {
    await handle.close();
  }
}
