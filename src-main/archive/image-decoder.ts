// The decoder of an archive at work: codes to pixels, by the very bytes that are stored, on the processor.
import { PinholeError } from '../contract/errors.ts';
import { openModel, toOrt } from '../engine/onnx-session.ts';
import type { ImageShape } from '../numerics/image-quality.ts';
import { damagedArchive } from './bytes.ts';

export interface ImageDecoder {
  readonly image: ImageShape;
  /** Codes N×K → uint8 N×H×W×C. */
  decode(codes: Float32Array): Promise<Uint8Array>;
  release(): Promise<void>;
}

// Enough to keep every core busy, and activations within a few hundred megabytes.
const mostRows = 512;
const mostBytes = 2 ** 24;

/** So many images are decoded at once. */
export function rowsAtOnce({ height, width, channels }: ImageShape): number {
  return Math.max(1, Math.min(mostRows, Math.floor(mostBytes / (height * width * channels))));
}

/** Throws `file-damaged` where these bytes are no model from codes of so many numbers to images. */
export async function openDecoder(model: Uint8Array, codeSize: number, threads: number): Promise<ImageDecoder> {
  const session = await guard(() => openModel(model, { device: 'cpu', threads }));
  async function run(codes: Float32Array) {
    const code = toOrt({ dtype: 'float32', shape: [codes.length / codeSize, codeSize], data: codes });
    const { image } = await guard(() => session.run({ code }));
    if (image?.type === 'uint8' && image.dims.length === 4) return image;
    throw damagedArchive('images', image ? `${image.type} (${image.dims.join(', ')})` : 'none', 'decoder.onnx');
  }
  try {
    const [, height, width, channels] = (await run(new Float32Array(codeSize))).dims;
    const image = { height: height!, width: width!, channels: channels! };
    const atOnce = rowsAtOnce(image);
    return {
      image,
      async decode(codes) {
        const rows = codes.length / codeSize;
        const pixels = new Uint8Array(rows * image.height * image.width * image.channels);
        for (let first = 0; first < rows; first += atOnce) {
          const part = await run(codes.slice(first * codeSize, (first + atOnce) * codeSize));
          pixels.set(part.data as Uint8Array, first * image.height * image.width * image.channels);
        }
        return pixels;
      },
      release: () => session.release(),
    };
  } catch (error) {
    await session.release();
    throw error;
  }
}

async function guard<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    if (cause instanceof PinholeError) throw cause;
    const [received] = String((cause as Error).message ?? cause).split('\n', 1);
    throw damagedArchive('a decoder that runs', received!, 'decoder.onnx');
  }
}
