// A file of this browser that the service reads once: sent to it, used, and taken away again.
import { PinholeError } from '../../src-main/contract/errors.ts';
import { service } from './connection.svelte.ts';

/** What the service takes at most. */
const pieceBytes = 4 * 2 ** 20;

/** `use` gets its path; errors name the file as the person knows it. */
export async function lendFile<T>(file: File, use: (path: string) => Promise<T>): Promise<T> {
  const id = await service.beginUpload();
  try {
    // Characters that no file may have in its name, on whatever system Pinhole runs.
    const name = file.name.replaceAll(/[\\/:*?"<>|]/g, '-');
    let offset = 0;
    do {
      const data = new Uint8Array(await file.slice(offset, offset + pieceBytes).arrayBuffer());
      await service.upload(id, name, offset, data);
      offset += data.length;
    } while (offset < file.size);
    const path = `${await service.endUpload(id)}/${name}`;
    return await use(path).catch((thrown) => {
      const error = PinholeError.from(thrown);
      throw new PinholeError(error.code, error.message.replaceAll(path, file.name), error.advice, {
        cause: error.cause,
      });
    });
  } finally {
    await service.dropUpload(id);
  }
}
