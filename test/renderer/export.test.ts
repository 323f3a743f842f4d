// Choices on the export screen: remembered, restored, and made into folders and names; files that come in parts.
import { expect, test } from 'vitest';
import { exportColumns, exportFormats } from '../../src-main/contract/tasks.ts';
import {
  downloadName,
  estimatedBytes,
  firstChoices,
  hasColumns,
  hasRows,
  nameIn,
  needsGroups,
  needsMap,
  rememberChoices,
  restoreChoices,
  toggled,
  usualColumns,
  usualFolder,
} from '../../src-renderer/screens/export/choices.ts';
import { fetchParts } from '../../src-renderer/service/file-parts.ts';

test('the first time it is a CSV with the usual columns and a picture, in the run’s own folder', () => {
  expect(restoreChoices(null)).toEqual(firstChoices);
  expect(firstChoices).toMatchObject({ formats: ['csv', 'contact-sheet'], map: 'pca', out: null });
  expect(usualColumns).toEqual(exportColumns.filter((column) => column !== 'cluster'));
});

test('what is remembered comes back as it was', () => {
  for (const out of [null, '/somewhere else']) {
    const kept = { formats: ['npy', 'model'] as const, columns: ['mse', 'map'] as const, map: 'umap' as const };
    const choices = { ...kept, leaveOut: ['age'], color: 'mse' as const, bom: false, out };
    expect(restoreChoices(rememberChoices(choices))).toEqual(choices);
  }
  expect(rememberChoices({ ...firstChoices, out: ' /a ' }).out).toBe('/a');
});

test('what another version remembered is taken as far as it is known, in the order of all', () => {
  const last = {
    out: '',
    formats: ['sprite', 'npy', 'csv'],
    columns: ['codes', 'path', 'mood'],
    map: 'som',
    color: 'mood',
    bom: true,
  };
  const expected = {
    formats: ['csv', 'npy'],
    columns: ['path', 'codes'],
    leaveOut: [],
    map: 'pca',
    color: null,
    bom: true,
    out: null,
  };
  expect(restoreChoices(last)).toEqual(expected);
  expect(restoreChoices({ ...last, formats: ['sprite'] }).formats).toEqual(firstChoices.formats);
  expect(restoreChoices({ ...last, columns: [] }).columns).toEqual([]);
});

test('one more or one less, in the order of all', () => {
  expect(toggled(exportFormats, ['npy'], 'csv', true)).toEqual(['csv', 'npy']);
  expect(toggled(exportFormats, ['csv', 'npy'], 'csv', false)).toEqual(['npy']);
  expect(toggled(exportFormats, ['csv'], 'csv', true)).toEqual(['csv']);
});

test('which formats have columns, and which have rows', () => {
  expect(exportFormats.filter((format) => hasColumns([format]))).toEqual(['csv', 'parquet']);
  expect(exportFormats.filter((format) => hasRows([format]))).toEqual([
    ...['csv', 'parquet', 'npy', 'map-svg', 'map-png', 'html'],
  ]);
  expect(hasRows([])).toBe(false);
});

test('what has to be made first: a map that is drawn or a column, groups that are colours or a column', () => {
  const none = { formats: ['csv', 'model'], columns: ['path'], color: 'cluster' } as const;
  expect([needsMap(none), needsGroups(none)]).toEqual([false, false]);
  expect(needsMap({ ...none, columns: ['map'] })).toBe(true);
  expect(needsMap({ ...none, formats: ['npy'], columns: ['map'] })).toBe(false);
  for (const format of ['map-svg', 'map-png', 'html'] as const) {
    expect([needsMap({ ...none, formats: [format] }), needsGroups({ ...none, formats: [format] })]).toEqual([
      true,
      true,
    ]);
    expect(needsGroups({ ...none, formats: [format], color: null })).toBe(false);
  }
  expect(needsGroups({ ...none, columns: ['cluster'], color: null })).toBe(true);
});

test('a run’s exports go beside the runs, on every system', () => {
  expect(usualFolder('/data/Pinhole/runs/recommended-1')).toBe('/data/Pinhole/exports/recommended-1');
  expect(usualFolder('C:\\Pinhole\\runs\\recommended-1')).toBe('C:\\Pinhole\\exports\\recommended-1');
});

test('files are called as they lie in the folder', () => {
  expect(nameIn('/a/b', '/a/b/model/encoder.onnx')).toBe('model/encoder.onnx');
  expect(nameIn('/a/b/', '/a/b/features.csv')).toBe('features.csv');
  expect(nameIn('C:\\a', 'C:\\a\\features.csv')).toBe('features.csv');
  expect(nameIn('/a/b', '/a/bc/features.csv')).toBe('/a/bc/features.csv');
});

test('a download of a folder’s file has the folder in its name', () => {
  expect(downloadName('model/encoder.onnx')).toBe('model-encoder.onnx');
  expect(downloadName('tensorboard\\train\\a.b')).toBe('tensorboard-train-a.b');
});

test('the estimate is of what is chosen', () => {
  expect(estimatedBytes(['csv', 'loss-plot'], { csv: 10, parquet: 5 })).toBe(10);
});

const changed = () => new Error('changed');
const cut = (file: Uint8Array, size: number) => async (_: string, offset: number) => ({
  size: file.length,
  data: file.subarray(offset, offset + size),
});

test('a file comes together from its parts, whatever their size; an empty one is one empty part', async () => {
  const file = Uint8Array.from({ length: 10 }, (_, index) => index);
  for (const size of [1, 3, 10, 64]) {
    const shares: number[] = [];
    const parts = await fetchParts(cut(file, size), 'x', changed, (share) => shares.push(share));
    expect(Buffer.concat(parts)).toEqual(Buffer.from(file));
    expect(shares).toEqual([...new Set(shares)].toSorted((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
  }
  expect(await fetchParts(cut(new Uint8Array(), 4), 'x', changed)).toEqual([new Uint8Array()]);
});

test('a file that changes on the way is an error, not a mixture', async () => {
  let call = 0;
  const grows = async () => ({ size: 10 + call++, data: new Uint8Array(4) });
  await expect(fetchParts(grows, 'x', changed)).rejects.toThrow('changed');
  const shrinks = async (_: string, offset: number) => ({ size: 10, data: new Uint8Array(offset > 0 ? 0 : 4) });
  await expect(fetchParts(shrinks, 'x', changed)).rejects.toThrow('changed');
});
