// Letters drawn as strokes, for pictures that must look the same on machines without fonts: small letters and figures.

interface Glyph {
  width: number;
  /** SVG path; the baseline is y = 0, small letters are 10 high, capitals and figures 14. */
  path: string;
}

const glyphs: Readonly<Record<string, Glyph>> = {
  a: { width: 10, path: 'M10-5A5 5 0 1 1 0-5A5 5 0 1 1 10-5M10-10V0' },
  b: { width: 10, path: 'M0 0V-14.5M0-5A5 5 0 1 1 10-5A5 5 0 1 1 0-5' },
  c: { width: 9, path: 'M9-8A5 5 0 1 0 9-2' },
  d: { width: 10, path: 'M10 0V-14.5M10-5A5 5 0 1 1 0-5A5 5 0 1 1 10-5' },
  e: { width: 10, path: 'M.1-5.3H9.9C9.7-8.2 7.6-10 5-10A5 5 0 0 0 5 0C7 0 8.6-1 9.4-2.4' },
  f: { width: 5.8, path: 'M2.6 0V-11C2.6-13.4 3.8-14.6 5.8-14.3M0-10H5.6' },
  g: { width: 10, path: 'M10-5A5 5 0 1 1 0-5A5 5 0 1 1 10-5M10-10V-.5C10 5.4 1.8 5.8.6 2.4' },
  h: { width: 8.8, path: 'M0 0V-14.5M0-5.4A4.4 4.6 0 0 1 8.8-5.4V0' },
  i: { width: 0, path: 'M0 0V-10M-.3-14H.3V-13.4H-.3Z' },
  j: { width: 2.4, path: 'M2.4-10V1.6C2.4 3.4 1.4 4.2 0 4M2.1-14H2.7V-13.4H2.1Z' },
  k: { width: 8, path: 'M0 0V-14.5M7.4-10L0-3.6M2.8-6L8 0' },
  l: { width: 0, path: 'M0 0V-14.5' },
  m: { width: 15, path: 'M0 0V-10M0-5.8A3.75 4.2 0 0 1 7.5-5.8V0M7.5-5.8A3.75 4.2 0 0 1 15-5.8V0' },
  n: { width: 8.8, path: 'M0 0V-10M0-5.4A4.4 4.6 0 0 1 8.8-5.4V0' },
  o: { width: 10, path: 'M10-5A5 5 0 1 1 0-5A5 5 0 1 1 10-5Z' },
  p: { width: 10, path: 'M0 4.5V-10M0-5A5 5 0 1 1 10-5A5 5 0 1 1 0-5' },
  q: { width: 10, path: 'M10 4.5V-10M10-5A5 5 0 1 1 0-5A5 5 0 1 1 10-5' },
  r: { width: 4.6, path: 'M0 0V-10M0-5.5C0-8.5 2-10.3 4.6-9.9' },
  s: {
    width: 7.6,
    path: 'M7.2-8.3C6.6-9.5 5.4-10 3.9-10C2-10 .5-9 .5-7.4C.5-3.8 7.6-6 7.6-2.6C7.6-.9 6 0 4 0C2.2 0 .7-.7 0-2.1',
  },
  t: { width: 5.8, path: 'M2.6-13.5V-3C2.6-1 3.6 0 5.8-.1M0-10H5.8' },
  u: { width: 8.8, path: 'M0-10V-4.6A4.4 4.6 0 0 0 8.8-4.6M8.8-10V0' },
  v: { width: 8.6, path: 'M0-10L4.3 0L8.6-10' },
  w: { width: 13, path: 'M0-10L3.2 0L6.5-9L9.8 0L13-10' },
  x: { width: 8, path: 'M0-10L8 0M8-10L0 0' },
  y: { width: 8.6, path: 'M0-10L4.5 0M8.6-10L4 1.6C3.3 3.4 2.2 4.2.6 4' },
  z: { width: 7.6, path: 'M0-10H7.6L0 0H7.6' },
  0: { width: 9, path: 'M9-7A4.5 7 0 1 1 0-7A4.5 7 0 1 1 9-7Z' },
  1: { width: 4, path: 'M0-11.2L4-14V0' },
  2: { width: 9, path: 'M.3-10C.3-12.4 2.1-14 4.5-14C6.9-14 8.6-12.4 8.6-10.2C8.6-7.2 4-4.5 0 0H9' },
  3: {
    width: 8.8,
    path: 'M.4-11.6C1.2-13.2 2.6-14 4.3-14C6.6-14 8.2-12.6 8.2-10.7C8.2-8.7 6.6-7.5 4.2-7.5C6.9-7.5 8.8-6 8.8-3.8C8.8-1.5 6.9 0 4.4 0C2.3 0 .7-.9 0-2.7',
  },
  4: { width: 9.4, path: 'M7 0V-14L0-4H9.4' },
  5: {
    width: 8.9,
    path: 'M8.3-14H1.6L.9-7.8C1.8-8.6 3-9 4.3-9C7-9 8.9-7.2 8.9-4.5C8.9-1.8 6.9 0 4.3 0C2.3 0 .7-.9 0-2.6',
  },
  6: { width: 9, path: 'M6.8-14L.9-7.1M9-4.5A4.5 4.5 0 1 1 0-4.5A4.5 4.5 0 1 1 9-4.5Z' },
  7: { width: 9, path: 'M0-14H9L3 0' },
  8: {
    width: 9,
    path: 'M8-10.6A3.5 3.4 0 1 1 1-10.6A3.5 3.4 0 1 1 8-10.6ZM9-3.6A4.5 3.6 0 1 1 0-3.6A4.5 3.6 0 1 1 9-3.6Z',
  },
  9: { width: 9, path: 'M2.2 0L8.1-6.9M9-9.5A4.5 4.5 0 1 1 0-9.5A4.5 4.5 0 1 1 9-9.5Z' },
  '.': { width: 0, path: 'M-.3-.6H.3V0H-.3Z' },
  '-': { width: 6, path: 'M0-5H6' },
  ' ': { width: 2, path: '' },
};

const spacing = 4;
const smallHeight = 10;

export interface StrokeTextStyle {
  /** Height of a small letter in pixels. */
  size: number;
  color: string;
  /** Where `x` is in the text. */
  anchor: 'start' | 'middle' | 'end';
}

/** An SVG group; `y` is the baseline. Characters that are not in the table leave their place out. */
export function strokeText(text: string, x: number, y: number, { size, color, anchor }: StrokeTextStyle): string {
  const scale = size / smallHeight;
  const known = [...text].flatMap((letter) => glyphs[letter] ?? []);
  const width = known.reduce((sum, glyph) => sum + glyph.width + spacing, -spacing);
  let at = anchor === 'start' ? 0 : anchor === 'middle' ? -width / 2 : -width;
  const paths = known.map((glyph) => {
    const path = `<path transform="translate(${round(at)})" d="${glyph.path}"/>`;
    at += glyph.width + spacing;
    return path;
  });
  const place = `translate(${round(x)} ${round(y)}) scale(${round(scale)})`;
  const stroke = `fill="none" stroke="${color}" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round"`;
  return `<g transform="${place}" ${stroke}>${paths.join('')}</g>`;
}

const round = (value: number): number => Math.round(value * 100) / 100;
