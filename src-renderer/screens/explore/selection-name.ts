// The name of a file with a selection: says of which data set, of which labels where it is those, and how many.
import type { Chosen } from './choose.ts';
import type { Images } from './images.ts';

/** More labels than this are not named. */
const mostNamed = 3;

/** `digits-7-150-images.csv`, `digits-selection-17-images.csv`. Holds no character that a file system refuses. */
export function selectionName(images: Images, chosen: Chosen, datasetName: string): string {
  const counts = new Uint32Array(images.labels.length + 1);
  let count = 0;
  for (let row = 0; row < images.count; row++) {
    if (chosen !== null && chosen[row] !== 1) continue;
    count++;
    counts[images.label[row]! < 0 ? images.labels.length : images.label[row]!]!++;
  }
  const present = Array.from(counts.keys()).filter((label) => counts[label]! > 0);
  const whole = present.every((label) => label < images.labels.length && counts[label] === images.labelCounts[label]);
  const named = whole && present.length <= mostNamed && present.length < images.labels.length;
  const what = named ? present.map((label) => images.labels[label]!) : ['selection'];
  return `${[datasetName, ...what, count, 'images'].map((part) => plain(String(part))).join('-')}.csv`;
}

/** Without any character that a file system refuses. */
export function plain(text: string): string {
  return [...text.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-+|-+$/g, '')].slice(0, 40).join('') || 'images';
}
