// BMP through @napi-rs/image: libvips has no reader for it.
import { PinholeError } from '../../contract/errors.ts';
import type { Picture } from '../picture.ts';

/** From the header's own numbers: nothing is decoded. Errors: `image-unreadable`. */
export function readBmpHeader(bytes: Uint8Array): { width: number; height: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.byteLength < 26) throw unreadable(`Expected at least 26 bytes for the BMP, received ${view.byteLength}`);
  const old = view.getUint32(14, true) === 12;
  const width = old ? view.getUint16(18, true) : view.getInt32(18, true);
  // A negative height means that rows run from top to bottom.
  const height = Math.abs(old ? view.getUint16(20, true) : view.getInt32(22, true));
  if (width > 0 && height > 0) return { width, height };
  throw unreadable(`Expected a size above zero for the BMP, received ${width} × ${height} pixels`);
}

/** Errors: `image-unreadable`. */
export async function decodeBmp(bytes: Uint8Array): Promise<Picture> {
  const { width, height } = readBmpHeader(bytes);
  // Loaded when first needed, as BMP files are rare.
  const { Transformer } = await import('@napi-rs/image');
  try {
    const data = new Transformer(bytes).rawPixelsSync();
    const channels = (data.length / (width * height)) as Picture['channels'];
    if (![1, 3, 4].includes(channels)) throw new Error(`expected 1, 3 or 4 channels, received ${channels}`);
    return { width, height, channels, data, orientation: 1 };
  } catch (cause) {
    throw unreadable(`The BMP data is damaged: ${(cause as Error).message}`, cause);
  }
}

function unreadable(message: string, cause?: unknown): PinholeError {
  return new PinholeError('image-unreadable', `${message.replace(/\.$/, '')}.`, '', { cause });
}
