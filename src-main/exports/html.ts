// HTML as text: everything that is put into it is escaped, and pictures lie inside of the page. What a page says is elsewhere.

import { encodePng } from '../files/png.ts';
import type { ImageBatch } from '../numerics/image-grid.ts';

/** Text that is HTML already. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Content = Html | string | number | null | false | readonly Content[];

/** As a template tag. What is put in is escaped unless it is HTML itself; null and false are left out. */
export function html(words: TemplateStringsArray, ...contents: Content[]): Html {
  return new Html(words.reduce((text, word, at) => text + asText(contents[at - 1] ?? null) + word));
}

function asText(content: Content): string {
  if (content === null || content === false) return '';
  if (content instanceof Html) return content.text;
  return typeof content === 'object' ? content.map(asText).join('') : escapeHtml(String(content));
}

/** Also for values of attributes; HTML allows no control characters but tab and line breaks. */
export function escapeHtml(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.toWellFormed().replace(/[&<>"']|[^\P{Cc}\t\n\r]/gu, (character) => entities[character] ?? '�');
}

export function dataUri(type: 'image/png' | 'image/webp', bytes: Uint8Array): string {
  return `data:${type};base64,${Buffer.from(bytes).toString('base64')}`;
}

/** An image as a page has it; sizes in CSS pixels. */
export interface PagePicture {
  readonly src: string;
  readonly width: number;
  readonly height: number;
}

/** Small images are shown enlarged by a whole number to about this side, so that single pixels can be seen. */
const preferredSide = 64;
/** Larger ones are brought to this side: hundreds of them are on a page that is to be sent by mail. */
const largestSide = 128;
/** Up to this side a PNG is hardly larger than a picture with losses. */
const largestExact = 32;
const quality = 85;

/** Of at most 32 pixels pixel by pixel, of more as WebP; they are in the order of the batch. */
export async function pagePictures(images: ImageBatch): Promise<PagePicture[]> {
  const pictures: PagePicture[] = [];
  for (let index = 0; index < images.count; index++) pictures.push(await pagePicture(images, index));
  return pictures;
}

async function pagePicture({ data, height, width, channels }: ImageBatch, index: number): Promise<PagePicture> {
  const bytes = height * width * channels;
  const pixels = data.subarray(index * bytes, (index + 1) * bytes);
  const side = Math.max(height, width);
  const scale = side > largestSide ? largestSide / side : Math.max(1, Math.floor(preferredSide / side));
  const size = { width: Math.max(1, Math.round(scale * width)), height: Math.max(1, Math.round(scale * height)) };
  if (side <= largestExact) {
    return { ...size, src: dataUri('image/png', encodePng({ data: pixels, width, height, channels }, 9)) };
  }
  // Loaded when first needed: the service starts sooner without.
  const { default: sharp } = await import('sharp');
  const image = sharp(pixels, { raw: { width, height, channels } });
  if (scale < 1) image.resize(size.width, size.height);
  return { ...size, src: dataUri('image/webp', await image.webp({ quality }).toBuffer()) };
}
