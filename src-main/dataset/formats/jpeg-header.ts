// The header of a JPEG file: size, components, orientation, colour profile. Decoding is elsewhere.
// Segments as in ITU-T T.81 (https://www.w3.org/Graphics/JPEG/itu-t81.pdf), annex B.
import { PinholeError } from '../../contract/errors.ts';
import { isSrgbProfile, readExifOrientation } from './metadata.ts';

export interface JpegHeader {
  width: number;
  height: number;
  components: number;
  /** Bits per sample. */
  precision: number;
  /** Start-of-frame marker: 0xc0 baseline, 0xc1 extended, 0xc2 progressive, … */
  frame: number;
  orientation: number;
  /** A colour profile other than sRGB; null where there is none. */
  profile: Uint8Array | null;
  /** Colour transform of Adobe's marker (0 none, 1 YCbCr, 2 YCCK); null without the marker. */
  adobeTransform: number | null;
}

/** From the whole file or its beginning; undefined if the frame header lies beyond `bytes`. Errors: `image-unreadable`. */
export function readJpegHeader(bytes: Uint8Array): JpegHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const profile: Uint8Array[] = [];
  let orientation = 1;
  let adobeTransform: number | null = null;
  let position = 2;
  while (position + 4 <= bytes.length) {
    if (bytes[position] !== 0xff) throw unreadable('a marker (0xff)', `0x${bytes[position]!.toString(16)}`);
    const marker = bytes[position + 1]!;
    if (marker === 0xff) {
      position++;
      continue;
    }
    if (isBare(marker)) {
      position += 2;
      continue;
    }
    if (marker === 0xd9 || marker === 0xda) throw unreadable('a frame header', 'none before the image data');
    const length = view.getUint16(position + 2);
    const body = bytes.subarray(position + 4, position + 2 + length);
    if (length < 2) throw unreadable('a segment of at least 2 bytes', `${length}`);
    if (position + 2 + length > bytes.length) return undefined;
    if (isFrame(marker)) {
      return { ...readFrame(body, marker), orientation, adobeTransform, profile: foreignProfile(profile) };
    }
    if (marker === 0xe1 && startsWith(body, 'Exif\0\0')) orientation = readExifOrientation(body.subarray(6));
    if (marker === 0xe2 && startsWith(body, 'ICC_PROFILE\0')) profile.push(body.subarray(14));
    if (marker === 0xee && startsWith(body, 'Adobe') && body.length >= 12) adobeTransform = body[11]!;
    position += 2 + length;
  }
  return undefined;
}

const isBare = (marker: number) => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);
const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
/** A profile may be spread over several segments. */
function foreignProfile(segments: readonly Uint8Array[]): Uint8Array | null {
  if (segments.length === 0) return null;
  const profile = segments.length === 1 ? segments[0]! : Buffer.concat(segments);
  return isSrgbProfile(profile) ? null : profile;
}

function readFrame(
  body: Uint8Array,
  frame: number,
): Pick<JpegHeader, 'width' | 'height' | 'components' | 'precision' | 'frame'> {
  if (body.length < 6) throw unreadable('a frame header of 6 bytes', `${body.length}`);
  const height = (body[1]! << 8) | body[2]!;
  const width = (body[3]! << 8) | body[4]!;
  if (width === 0 || height === 0) throw unreadable('a size above zero', `${width} × ${height} pixels`);
  return { width, height, components: body[5]!, precision: body[0]!, frame };
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  for (let index = 0; index < text.length; index++) if (bytes[index] !== text.charCodeAt(index)) return false;
  return true;
}

function unreadable(expected: string, received: string): PinholeError {
  return new PinholeError('image-unreadable', `Expected ${expected} for the JPEG, received ${received}.`);
}
