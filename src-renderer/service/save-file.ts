// Files of the workspace as downloads of the browser: fetched in parts over the connection, then handed to the person.
import { PinholeError } from '../../src-main/contract/errors.ts';
import { t } from '../language/index.svelte.ts';
import { service } from './connection.svelte.ts';
import { fetchParts } from './file-parts.ts';
import { largestZip, storeZip, type ZipMember, zipBytes } from './zip.ts';

/** `onShare` hears how much of it is here, from 0 to 1. */
export async function saveFile(path: string, name: string, onShare?: (share: number) => void): Promise<void> {
  hand(await fetchFile(path, onShare), name);
}

/** As one archive: browsers take no folders, and of many downloads at once they drop some. `bytes` is their size. */
export async function saveArchive(
  files: readonly { path: string; name: string; bytes: number }[],
  name: string,
  onShare: (share: number) => void,
): Promise<void> {
  if (zipBytes(files) > largestZip) throw new PinholeError('usage', t('download.tooLarge'), t('download.oneByOne'));
  const all = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const members: ZipMember[] = [];
  let done = 0;
  for (const { path, name, bytes } of files) {
    const before = done;
    const parts = await fetchFile(path, (share) => onShare((before + share * bytes) / Math.max(1, all)));
    members.push({ name: name.replaceAll('\\', '/'), parts });
    done += bytes;
  }
  hand(storeZip(members, new Date()), name);
}

function fetchFile(path: string, onShare?: (share: number) => void): Promise<Uint8Array[]> {
  const changed = () => new PinholeError('file-damaged', t('download.changed', { file: path }), t('download.again'));
  return fetchParts(service.download, path, changed, onShare);
}

function hand(parts: readonly Uint8Array[], name: string): void {
  const address = URL.createObjectURL(new Blob([...parts] as BlobPart[]));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The browser has its own hold on it as soon as the download has begun.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
