// A file of the workspace as a download of the browser: fetched in parts over the connection, then handed to the person.
import { PinholeError } from '../../src-main/contract/errors.ts';
import { t } from '../language/index.svelte.ts';
import { service } from './connection.svelte.ts';
import { fetchParts } from './file-parts.ts';

/** `onShare` hears how much of it is here, from 0 to 1. */
export async function saveFile(path: string, name: string, onShare?: (share: number) => void): Promise<void> {
  const changed = () => new PinholeError('file-damaged', t('download.changed', { file: path }), t('download.again'));
  const parts = await fetchParts(service.download, path, changed, onShare);
  const address = URL.createObjectURL(new Blob(parts as BlobPart[]));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The browser has its own hold on it as soon as the download has begun.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
