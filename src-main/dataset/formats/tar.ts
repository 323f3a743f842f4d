// TAR: where the bytes of each member lie. Compressed archives are unpacked to a plain one before.
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { extract, type Header } from 'tar-stream';
import { PinholeError } from '../../contract/errors.ts';

export interface TarMember {
  name: string;
  /** Position of its bytes in the archive. */
  offset: number;
  length: number;
  /** Not a file but a link to one; other kinds are left out. */
  isLink: boolean;
}

/** Errors: `file-damaged`. */
export async function readTar(file: string, signal: AbortSignal | undefined): Promise<TarMember[]> {
  const members: TarMember[] = [];
  const parser = extract();
  parser.on('entry', (header: Header & { byteOffset?: number }, stream, next) => {
    const { name, type, size = 0, byteOffset } = header;
    const isLink = type === 'symlink' || type === 'link';
    if (isLink || type === 'file' || type === 'contiguous-file')
      members.push({ name, offset: byteOffset!, length: size, isLink });
    stream.on('end', next);
    stream.resume();
  });
  try {
    await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), parser, signal ? { signal } : {});
    return members;
  } catch (cause) {
    if (signal?.aborted) throw new PinholeError('cancelled', 'Stopped.', 'Run the same again to go on from here.');
    const message = `Expected a TAR archive, received damaged data: ${(cause as Error).message.replace(/\.$/, '')}.`;
    throw new PinholeError('file-damaged', message, 'Copy or download the archive again.', { cause });
  }
}
