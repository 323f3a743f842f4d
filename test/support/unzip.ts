// What a ZIP archive holds, read by another program's code, checksums compared.
import { readFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { crc32 } from 'node:zlib';
import { type Entry, fromBuffer, type ZipFile } from 'yauzl';

/** Contents by name, in the order of the archive. */
export async function unzip(archive: string | Uint8Array): Promise<Map<string, Buffer>> {
  const bytes = typeof archive === 'string' ? readFileSync(archive) : Buffer.from(archive);
  const zip = await new Promise<ZipFile>((resolve, reject) =>
    fromBuffer(bytes, { lazyEntries: true }, (error, file) => (error ? reject(error) : resolve(file))),
  );
  const found = new Map<string, Buffer>();
  return new Promise((resolve, reject) => {
    zip.on('error', reject);
    zip.on('end', () => resolve(found));
    zip.on('entry', (entry: Entry) => {
      zip.openReadStream(entry, async (error, stream) => {
        if (error) return reject(error);
        const content = await buffer(stream);
        if (crc32(content) !== entry.crc32) return reject(new Error(`The checksum of ${entry.fileName} is wrong.`));
        found.set(entry.fileName, content);
        zip.readEntry();
      });
    });
    zip.readEntry();
  });
}
