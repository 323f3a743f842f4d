// What a file holds, by its first bytes; names only say what it claims to be, and name the formats that are not decoded.

export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff' | 'avif' | 'bmp' | 'svg';
export type ContainerFormat = 'zip' | 'gzip' | 'tar' | 'npy' | 'idx';
export type OtherFormat =
  | 'heic'
  | 'raw'
  | 'jpeg-xl'
  | 'jpeg-2000'
  | 'psd'
  | 'pdf'
  | 'video'
  | 'text'
  | 'empty'
  | 'unknown';
export type Format = ImageFormat | ContainerFormat | OtherFormat;

/** Bytes from the beginning of a file that `recognise` wants to see. */
export const recogniseLength = 1024;

const images: ReadonlySet<string> = new Set<ImageFormat>(['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif', 'bmp', 'svg']);
export const isImageFormat = (format: Format): format is ImageFormat => images.has(format);

const containers: ReadonlySet<string> = new Set<ContainerFormat>(['zip', 'gzip', 'tar', 'npy', 'idx']);
export const isContainerFormat = (format: Format): format is ContainerFormat => containers.has(format);

const imageName = /\.(jpe?g|jpe|jfif|png|apng|webp|gif|tiff?|avif|bmp|dib|svg|heic|heif|hif)$/i;
/** Names that promise an image, so that it need not be opened to tell a container. */
export const hasImageName = (name: string): boolean => imageName.test(name) || rawName.test(name);

// Many camera RAW files are TIFF inside, with a thumbnail that would pass for the photograph: the name decides.
const rawName =
  /\.(3fr|arw|cr2|cr3|crw|dcr|dng|erf|iiq|kdc|mef|mos|mrw|nef|nrw|orf|pef|raf|raw|rw2|rwl|sr2|srf|srw|x3f)$/i;

// Archives of macOS carry a `._name` beside every file, and a folder for them.
const junk = /^(\..*|thumbs\.db|ehthumbs\.db|desktop\.ini|icon\r|__macosx)$/i;
/** Files and folders that systems leave beside images, and everything hidden. */
export const isJunk = (name: string): boolean => junk.test(name);

/** In words, to be counted: “only 3 text files”. */
export const formatNouns: Readonly<Record<Format, string>> = {
  jpeg: 'JPEG image',
  png: 'PNG image',
  webp: 'WebP image',
  gif: 'GIF image',
  tiff: 'TIFF image',
  avif: 'AVIF image',
  bmp: 'BMP image',
  svg: 'SVG image',
  zip: 'ZIP archive',
  gzip: 'gzip file',
  tar: 'TAR archive',
  npy: 'NumPy array',
  idx: 'IDX file',
  heic: 'HEIC image',
  raw: 'camera RAW file',
  'jpeg-xl': 'JPEG XL image',
  'jpeg-2000': 'JPEG 2000 image',
  psd: 'Photoshop file',
  pdf: 'PDF document',
  video: 'video',
  text: 'text file',
  empty: 'empty file',
  unknown: 'other file',
};

/** With its article, for “Expected an image, received …”. */
export function withArticle(format: Format): string {
  if (format === 'unknown') return 'data of an unknown kind';
  const noun = formatNouns[format];
  return /^([aeio]|SVG)/i.test(noun) ? `an ${noun}` : `a ${noun}`;
}

/** `bytes` is the beginning of the file (`recogniseLength` bytes, or all of it). */
export function recognise(bytes: Uint8Array, name: string): Format {
  if (bytes.length === 0) return 'empty';
  if (rawName.test(name)) return 'raw';
  return byMagic(bytes) ?? byText(bytes);
}

const signatures: readonly (readonly [Format, offset: number, ...bytes: number[]])[] = [
  ['jpeg', 0, 0xff, 0xd8, 0xff],
  ['png', 0, 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
  ['gif', 0, ...ascii('GIF8')],
  ['webp', 8, ...ascii('WEBP')],
  ['tiff', 0, 0x49, 0x49, 42, 0],
  ['tiff', 0, 0x4d, 0x4d, 0, 42],
  ['tiff', 0, 0x49, 0x49, 43, 0],
  ['tiff', 0, 0x4d, 0x4d, 0, 43],
  ['zip', 0, 0x50, 0x4b, 3, 4],
  ['zip', 0, 0x50, 0x4b, 5, 6],
  ['gzip', 0, 0x1f, 0x8b],
  ['npy', 0, 0x93, ...ascii('NUMPY')],
  ['tar', 257, ...ascii('ustar')],
  ['pdf', 0, ...ascii('%PDF-')],
  ['psd', 0, ...ascii('8BPS')],
  ['raw', 0, ...ascii('FUJIFILMCCD-RAW')],
  ['jpeg-xl', 0, 0xff, 0x0a],
  ['jpeg-xl', 4, ...ascii('JXL ')],
  ['jpeg-2000', 4, ...ascii('jP  ')],
  ['jpeg-2000', 0, 0xff, 0x4f, 0xff, 0x51],
  ['video', 0, 0x1a, 0x45, 0xdf, 0xa3],
  ['video', 8, ...ascii('AVI ')],
];

function byMagic(bytes: Uint8Array): Format | undefined {
  for (const [format, offset, ...magic] of signatures) {
    if (magic.every((byte, index) => bytes[offset + index] === byte)) return format;
  }
  if (isBmp(bytes)) return 'bmp';
  if (isIdx(bytes)) return 'idx';
  return byBrand(bytes);
}

/** “BM”, reserved zeros, and a header size that BMP has: two letters alone are found in text, too. */
function isBmp(bytes: Uint8Array): boolean {
  const headerSizes = [12, 40, 52, 56, 64, 108, 124];
  return bytes[0] === 0x42 && bytes[1] === 0x4d && headerSizes.includes(bytes[14]!) && bytes[15] === 0;
}

/** Two zeros, a known type, one to four axes, and the first axis' upper byte: the format has no other magic. */
function isIdx(bytes: Uint8Array): boolean {
  const types = [0x08, 0x09, 0x0b, 0x0c, 0x0d, 0x0e];
  return bytes[0] === 0 && bytes[1] === 0 && types.includes(bytes[2]!) && bytes[3]! >= 1 && bytes[3]! <= 4;
}

/** ISO base media files (AVIF, HEIC, MP4, …) name their brand behind `ftyp`. */
function byBrand(bytes: Uint8Array): Format | undefined {
  const text = latin1(bytes.subarray(0, 64));
  if (text.slice(4, 8) !== 'ftyp') return undefined;
  const brands = text.slice(8);
  if (/avif|avis/.test(brands)) return 'avif';
  if (/hei[cxms]|hev[cxms]|mif1|msf1/.test(brands)) return 'heic';
  return brands.startsWith('crx') ? 'raw' : 'video';
}

function byText(bytes: Uint8Array): Format {
  const start = bytes.subarray(0, recogniseLength);
  const text = start[0] === 0xff || start[0] === 0xfe ? utf16(start) : latin1(start);
  if (/<svg[\s>]/i.test(text) && /^\W*<(\?xml|!doctype svg|!--|svg)/i.test(text)) return 'svg';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what tells data from text.
  return /[\x00-\x08\x0e-\x1a\x1c-\x1f]/.test(text) ? 'unknown' : 'text';
}

function ascii(text: string): number[] {
  return [...text].map((character) => character.charCodeAt(0));
}

const latin1 = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
const utf16 = (bytes: Uint8Array) => new TextDecoder(bytes[0] === 0xff ? 'utf-16le' : 'utf-16be').decode(bytes);
