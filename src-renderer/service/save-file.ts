// A file of the workspace as a download of the browser: fetched in parts over the connection, then handed to the person.
import { PinholeError } from '../../src-main/contract/errors.ts';
import { t } from '../language/index.svelte.ts';
import { service } from './connection.svelte.ts';

type Download = (file: string, offset: number) => Promise<{ size: number; data: Uint8Array }>;

/** `onShare` hears how much of it is here, from 0 to 1. */
export async function saveFile(path: string, name: string, onShare?: (share: number) => void): Promise<void> {
  const parts = await fetchParts(service.download, path, onShare);
  const address = URL.createObjectURL(new Blob(parts as BlobPart[]));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The browser has its own hold on it as soon as the download has begun.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** All of a file, in order. A file that another export writes anew meanwhile would come out mixed: that is an error. */
export async function fetchParts(
  download: Download,
  path: string,
  onShare: (share: number) => void = () => {},
): Promise<Uint8Array[]> {
  const parts: Uint8Array[] = [];
  const first = await download(path, 0);
  let { data } = first;
  for (let done = 0; ; ) {
    parts.push(data);
    done += data.length;
    onShare(first.size === 0 ? 1 : done / first.size);
    if (done >= first.size) return parts;
    const next = await download(path, done);
    if (next.size !== first.size || next.data.length === 0) throw changed(path);
    data = next.data;
  }
}

function changed(path: string): PinholeError {
  return new PinholeError('file-damaged', t('download.changed', { file: path }), t('download.again'));
}
