// A decoded image on its way to one row of pixels: intensity, background, grey or colour, fit, size, orientation.
import type { Preprocessing } from '../contract/records.ts';
import { resample, shrink } from './resample.ts';

/** What a decoder hands over, before orientation is applied. Samples are interleaved; sRGB. */
export interface Picture {
  width: number;
  height: number;
  /** Grey, grey + alpha, RGB, RGB + alpha. */
  channels: 1 | 2 | 3 | 4;
  /** 8 bits, or stored values of any range that `intensity` maps to 0–255. */
  data: Uint8Array | Uint16Array | Float32Array;
  /** EXIF orientation, 1 to 8. */
  orientation: number;
  /** A decoder that scales while decoding gives 1/8 … 1: size of `data` relative to the original. */
  scale?: number;
  /** Size of the original where `scale` is below 1; `width` and `height` are those of `data`. */
  original?: { width: number; height: number };
}

/** Eight bits per sample, no alpha. */
export interface Plain {
  width: number;
  height: number;
  channels: 1 | 3;
  data: Uint8Array;
}

export type Rgb = readonly [red: number, green: number, blue: number];

export function parseColor(hex: string): Rgb {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** ITU-R BT.601 luma of gamma-encoded values, as in JPEG and in Pillow's conversion to grey; 0–255. */
export const luma = ([red, green, blue]: Rgb): number => Math.round(0.299 * red + 0.587 * green + 0.114 * blue);

/** Width and height as a person sees the image: orientations 5 to 8 lie on their side. */
export function orientedSize({ width, height, orientation, original }: Picture): { width: number; height: number } {
  const size = original ?? { width, height };
  return orientation > 4 ? { width: size.height, height: size.width } : { width: size.width, height: size.height };
}

/** Writes one row (height × width × channels of `target`) of `out` at `offset`. */
export function render(picture: Picture, target: Preprocessing, out: Uint8Array, offset: number): void {
  const { width, height, channels } = target;
  const plain = withChannels(flatten(toBytes(picture, target), target.background), channels);
  const row = out.subarray(offset, offset + width * height * channels);
  const seen = orientedSize(picture);
  if (target.fit !== 'contain') {
    const zoom = Math.max(width / seen.width, height / seen.height);
    const cut = target.fit === 'cover' ? { width: width / zoom, height: height / zoom } : seen;
    drawOriented(plain, picture, cut, target, row);
    return;
  }
  const zoom = Math.min(width / seen.width, height / seen.height);
  const inner = { width: within(width, seen.width * zoom), height: within(height, seen.height * zoom) };
  if (inner.width === width && inner.height === height) {
    drawOriented(plain, picture, seen, target, row);
    return;
  }
  const drawn = new Uint8Array(inner.width * inner.height * channels);
  drawOriented(plain, picture, seen, inner, drawn);
  pad(drawn, inner, target, row);
}

const within = (limit: number, length: number) => Math.max(1, Math.min(limit, Math.round(length)));

/** At its own size: eight bits, without alpha, turned upright, one channel where every pixel is grey. */
export function toPlain(picture: Picture & { data: Uint8Array }, background: string): Plain {
  const flat = flatten(picture, background);
  const plain = flat.channels === 3 && isGrey(flat) ? withChannels(flat, 1) : flat;
  if (picture.orientation === 1) return plain;
  const { width, height, channels, data } = plain;
  const upright = new Uint8Array(data.length);
  orient(data, width, height, channels, picture.orientation, upright);
  return { ...orientedSize(picture), channels, data: upright };
}

/** True where every pixel has equal red, green and blue; alpha is not looked at. */
export function isGrey({ channels, data }: Pick<Picture, 'channels' | 'data'>): boolean {
  if (channels < 3) return true;
  for (let index = 0; index < data.length; index += channels) {
    if (data[index] !== data[index + 1] || data[index] !== data[index + 2]) return false;
  }
  return true;
}

/** Maps stored values to 0–255, rounding to the nearest; alpha always spans its full range. */
function toBytes(picture: Picture, { intensity }: Preprocessing): Picture & { data: Uint8Array } {
  const { data, channels } = picture;
  if (data instanceof Uint8Array) return { ...picture, data };
  const full = data instanceof Uint16Array ? 65535 : 1;
  const low = intensity?.low ?? 0;
  const high = intensity?.high ?? full;
  const factor = high > low ? 255 / (high - low) : 0;
  const bytes = new Uint8ClampedArray(data.length);
  const hasAlpha = channels === 2 || channels === 4;
  // Uint8ClampedArray rounds and clamps; it also turns NaN, which float images use for missing values, into 0.
  for (let index = 0; index < data.length; index++) bytes[index] = (data[index]! - low) * factor;
  if (hasAlpha) {
    for (let index = channels - 1; index < data.length; index += channels) bytes[index] = (data[index]! * 255) / full;
  }
  return { ...picture, data: new Uint8Array(bytes.buffer) };
}

/** Composites alpha on the background, rounding to the nearest. Grey on a coloured background becomes colour. */
function flatten(picture: Picture & { data: Uint8Array }, background: string): Plain {
  const { width, height, channels, data } = picture;
  if (channels === 1 || channels === 3) return { width, height, channels, data };
  const color = parseColor(background);
  const greyBackground = color[0] === color[1] && color[0] === color[2];
  const result = channels === 2 && greyBackground ? 1 : 3;
  const flat = new Uint8Array(width * height * result);
  for (let from = 0, to = 0; from < data.length; from += channels, to += result) {
    const alpha = data[from + channels - 1]!;
    for (let channel = 0; channel < result; channel++) {
      const value = data[channels === 4 ? from + channel : from]!;
      flat[to + channel] = Math.round((value * alpha + color[channel]! * (255 - alpha)) / 255);
    }
  }
  return { width, height, channels: result, data: flat };
}

export function withChannels(plain: Plain, channels: 1 | 3): Plain {
  if (plain.channels === channels) return plain;
  const { width, height, data } = plain;
  const result = new Uint8Array(width * height * channels);
  if (channels === 3) {
    for (let from = 0, to = 0; from < data.length; from++, to += 3) result.fill(data[from]!, to, to + 3);
  } else {
    for (let from = 0, to = 0; from < data.length; from += 3, to++) {
      result[to] = luma([data[from]!, data[from + 1]!, data[from + 2]!]);
    }
  }
  return { width, height, channels, data: result };
}

interface Size {
  width: number;
  height: number;
}

/** Draws the middle of the image (`cut`, in its own pixels) at the size `to`; both as a person sees it. */
function drawOriented(plain: Plain, picture: Picture, cut: Size, to: Size, out: Uint8Array): void {
  const { orientation } = picture;
  const lying = orientation > 4;
  const turn = ({ width, height }: Size): Size => (lying ? { width: height, height: width } : { width, height });
  const size = turn(to);
  if (orientation === 1) {
    draw(plain, picture, cut, size, out);
    return;
  }
  const drawn = new Uint8Array(out.length);
  draw(plain, picture, turn(cut), size, drawn);
  orient(drawn, size.width, size.height, plain.channels, orientation, out);
}

/** As `drawOriented`, in the orientation in which the picture is stored. The same size is a plain copy. */
function draw(plain: Plain, { original, scale = 1 }: Picture, cut: Size, to: Size, out: Uint8Array): void {
  const { width, height } = original ?? plain;
  if (scale === 1 && width === to.width && height === to.height) {
    out.set(plain.data);
    return;
  }
  // A plain average down to twice the size that is needed, then the filter: a fraction of the work, and no eye can tell.
  const ratio = Math.min(cut.width / to.width, cut.height / to.height) * scale;
  const factor = Math.max(1, Math.floor(ratio / 2));
  const zoom = scale / factor;
  const box = {
    left: ((width - cut.width) / 2) * zoom,
    top: ((height - cut.height) / 2) * zoom,
    width: cut.width * zoom,
    height: cut.height * zoom,
  };
  resample(shrink(plain, factor), box, to.width, to.height, out);
}

/** Puts the image in the middle of a ground in the background colour. */
function pad(
  drawn: Uint8Array,
  inner: Size,
  { width, height, channels, background }: Preprocessing,
  out: Uint8Array,
): void {
  const color = parseColor(background);
  const ground = channels === 1 ? [luma(color)] : color;
  for (let index = 0; index < out.length; index++) out[index] = ground[index % channels]!;
  const left = (width - inner.width) >> 1;
  const top = (height - inner.height) >> 1;
  for (let y = 0; y < inner.height; y++) {
    const line = drawn.subarray(y * inner.width * channels, (y + 1) * inner.width * channels);
    out.set(line, ((top + y) * width + left) * channels);
  }
}

/** For each EXIF orientation, whether the stored image must be transposed, then mirrored across and upside down. */
const orientations = [
  { transpose: false, mirror: false, flip: false },
  { transpose: false, mirror: true, flip: false },
  { transpose: false, mirror: true, flip: true },
  { transpose: false, mirror: false, flip: true },
  { transpose: true, mirror: false, flip: false },
  { transpose: true, mirror: true, flip: false },
  { transpose: true, mirror: true, flip: true },
  { transpose: true, mirror: false, flip: true },
] as const;

function orient(
  data: Uint8Array,
  width: number,
  height: number,
  channels: number,
  orientation: number,
  out: Uint8Array,
) {
  const { transpose, mirror, flip } = orientations[orientation - 1] ?? orientations[0];
  const outWidth = transpose ? height : width;
  const outHeight = transpose ? width : height;
  for (let y = 0; y < outHeight; y++) {
    const row = flip ? outHeight - 1 - y : y;
    for (let x = 0; x < outWidth; x++) {
      const column = mirror ? outWidth - 1 - x : x;
      const from = (transpose ? column * width + row : row * width + column) * channels;
      const to = (y * outWidth + x) * channels;
      for (let channel = 0; channel < channels; channel++) out[to + channel] = data[from + channel]!;
    }
  }
}
