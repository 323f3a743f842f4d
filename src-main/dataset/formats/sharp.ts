// The general decoder: everything that sharp (libvips) reads, brought to sRGB or left as deep as it is stored.
import type { Metadata } from 'sharp';
import { PinholeError } from '../../contract/errors.ts';
import type { Picture } from '../picture.ts';
import { type ImageFormat, withArticle } from '../recognise.ts';

let loading: Promise<typeof import('sharp').default> | undefined;

/** Loaded when first needed: it takes a tenth of a second, and many imports never use it. */
function loadSharp(): Promise<typeof import('sharp').default> {
  loading ??= import('sharp').then(({ default: sharp }) => {
    // Images are decoded beside each other: threads inside one image only add switching, and no image comes twice.
    sharp.concurrency(1);
    sharp.cache(false);
    return sharp;
  });
  return loading;
}

export interface SharpHeader {
  width: number;
  height: number;
  channels: 1 | 2 | 3 | 4;
  orientation: number;
  pages: number;
  /** Samples with more than eight bits. */
  deep: boolean;
}

/** Errors: `image-unreadable`. */
export async function readSharpHeader(bytes: Uint8Array, format: ImageFormat): Promise<SharpHeader> {
  const sharp = await loadSharp();
  const metadata = await guard(format, () => sharp(bytes, { limitInputPixels: false }).metadata());
  const { width, height, orientation, pages } = metadata;
  // Frames of an animation are stacked; only the first one is decoded.
  const pageCount = format === 'tiff' ? (pages ?? 1) : 1;
  return {
    width,
    height,
    channels: channelsOf(metadata),
    orientation: orientation ?? 1,
    pages: pageCount,
    deep: isDeep(metadata),
  };
}

/** `page` counts from 0 and matters for TIFF only. Errors: `image-unreadable`. */
export async function decodeWithSharp(bytes: Uint8Array, format: ImageFormat, page: number): Promise<Picture> {
  const sharp = await loadSharp();
  return guard(format, async () => {
    const options = { limitInputPixels: false, failOn: 'error', sequentialRead: true, unlimited: true } as const;
    const image = sharp(bytes, format === 'tiff' ? { ...options, page } : options);
    const metadata = await image.metadata();
    const deep = isDeep(metadata);
    const raw = image.toColourspace(workingSpace(metadata)).raw({ depth: depthOf(metadata) });
    const { data, info } = await raw.toBuffer({ resolveWithObject: true });
    return {
      width: info.width,
      height: info.height,
      channels: info.channels as Picture['channels'],
      data: deep ? asSamples(data, metadata.depth === 'ushort') : data,
      orientation: metadata.orientation ?? 1,
    };
  });
}

const isDeep = ({ depth }: Metadata) => depth !== 'uchar';

/** Grey stays grey, deep stays deep (and is not converted); everything else becomes sRGB. */
function workingSpace({ space, depth, hasAlpha }: Metadata): string {
  // As grey, sharp hands out a single channel: the alpha would be lost.
  const isGrey = !hasAlpha && (space === 'b-w' || space === 'grey16');
  if (depth === 'uchar') return isGrey ? 'b-w' : 'srgb';
  if (depth === 'ushort') return isGrey ? 'grey16' : 'rgb16';
  return isGrey ? 'b-w' : 'scrgb';
}

function depthOf({ depth }: Metadata): 'uchar' | 'ushort' | 'float' {
  return depth === 'uchar' || depth === 'ushort' ? depth : 'float';
}

function channelsOf({ channels, hasAlpha, space }: Metadata): SharpHeader['channels'] {
  if (space === 'cmyk') return 3;
  const color = channels - (hasAlpha ? 1 : 0) >= 3 ? 3 : 1;
  return (color + (hasAlpha ? 1 : 0)) as SharpHeader['channels'];
}

function asSamples(data: Buffer, is16Bit: boolean): Uint16Array | Float32Array {
  const copy = new Uint8Array(data).buffer;
  return is16Bit ? new Uint16Array(copy) : new Float32Array(copy);
}

async function guard<T>(format: ImageFormat, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    // libvips says the same in several lines; the first names the cause, behind the part of the library that found it.
    const [line] = (cause as Error).message.trim().split('\n');
    const reason = line!.replace(/^Vips\w+: /, '').replace(/\.$/, '');
    const message = `Expected ${withArticle(format)}, received damaged data: ${reason}.`;
    throw new PinholeError('image-unreadable', message, '', { cause });
  }
}
