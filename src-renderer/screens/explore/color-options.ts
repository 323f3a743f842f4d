// What can be chosen to colour by, in the words of the window's language.
import { importedName } from '../../../src-main/contract/columns.ts';
import { t } from '../../language/index.svelte.ts';
import { codeName } from './code-names.ts';
import { type Coloring, isOwn, ownColorings } from './coloring.ts';
import type { Images } from './images.ts';
import { codeOf, type FoundColumn, type ValueColumn } from './values.ts';

/** More values of the code than this are no list any more: those that somebody looks at are in it. */
const mostCodes = 32;

export interface ColorOption {
  value: Coloring | 'codes';
  label: string;
  hint?: string;
  disabled?: boolean;
}

interface State {
  images: Images | null;
  hasClusters: boolean;
  codeSize: number;
  /** What was found, of which clusters are a coloring of their own. */
  found: readonly FoundColumn[];
  /** Values of the code that are looked at, by the table or the colours. */
  looked: readonly (number | null)[];
}

export function colorOptions({ images, hasClusters, codeSize, found, looked }: State): ColorOption[] {
  if (images === null) return [];
  const without = { label: images.labels.length === 0, cluster: !hasClusters, error: false, split: false, none: false };
  const own = ownColorings.map((value) => ({ value, disabled: without[value] }));
  const facts = (['folder', 'width', 'height'] as const).map((value) => ({ value }));
  const imported = images.columns.map(({ name }) => ({
    value: `column:${name}` as const,
    hint: t('explore.color.imported'),
  }));
  const all = Array.from({ length: codeSize }, (_, index) => index);
  const codes = codeSize <= mostCodes ? all : all.filter((index) => looked.includes(index));
  const scales = found.filter((column) => column !== 'cluster').map((value) => ({ value }));
  const listed = [
    ...own,
    ...scales,
    ...facts,
    ...imported,
    ...codes.map((index) => ({ value: `code:${index}` as const })),
  ];
  const options: ColorOption[] = listed.map((option) => ({ ...option, label: coloringWords(option.value, codeSize) }));
  if (codes.length === all.length) return options;
  const ends = { first: codeName(0, codeSize), last: codeName(codeSize - 1, codeSize) };
  const others = t('explore.color.codes', ends);
  return [...options, { value: 'codes', label: others, hint: t('explore.color.codes.hint'), disabled: true }];
}

export function coloringWords(coloring: Coloring | ValueColumn, codeSize: number): string {
  const code = codeOf(coloring);
  if (code !== null) return codeName(code, codeSize);
  return importedName(coloring) ?? (isOwn(coloring) ? t(`explore.color.${coloring}`) : factWords(coloring));
}

function factWords(column: ValueColumn): string {
  return t(`explore.color.${column as 'folder' | 'width' | 'height' | FoundColumn}`);
}
