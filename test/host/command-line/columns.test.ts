// Columns and labels on the command line over a fake service: what is asked for, what is said, and what is refused.
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import type { Item } from '../../../src-main/contract/records.ts';
import { runCommandLine } from '../../../src-main/host/command-line/program.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { columnReport, dataset, fakeService, fakeSurroundings } from './fake-service.ts';

const items = ['cats/1.jpg', 'cats/2.jpg', 'dogs/1.jpg'].map(
  (path, id): Item => ({
    ...{ id, path, label: path.startsWith('cats') ? 'cats' : null, split: 'train', sha256: '' },
    ...{ width: 1, height: 1, bytes: 1 },
  }),
);

async function pinhole(...words: string[]) {
  const service = fakeService({ items: async () => items });
  const { surroundings, printed } = fakeSurroundings(service);
  const code = await runCommandLine(words, surroundings);
  const calls = service.calls.filter(([name]) => /label|Column/i.test(name));
  return { code, ...printed, calls };
}

test('columns are imported, and what was found is said and given as JSON', async () => {
  const { code, output, calls } = await pinhole('columns', 'photos', 'about.csv');
  expect(code).toBe(0);
  expect(calls[0]).toEqual(['importColumns', dataset.id, resolve('about.csv'), { by: undefined, key: undefined }]);
  expect(output.split('\n')).toEqual([
    '80 images found for 90 rows by the path in path.',
    '  7 by the end of the path alone',
    '  10 rows name no image of this data set',
    '  20 images are in no row',
    '  passed over: image_id, a column without a name',
    '  3 labels given',
    '  imported age, a column of numbers',
    '  imported place\\u001b, a column of texts',
    'Imported columns of the data set: age (numbers), place\\u001b (texts)',
    '',
  ]);
  const json = await pinhole('columns', 'photos', 'about.csv', '--by', 'id', '--key', 'number', '--json');
  expect(json.calls[0]).toEqual(['importColumns', dataset.id, resolve('about.csv'), { by: 'id', key: 'number' }]);
  const { datasetId: _, labels: __, ...imported } = columnReport;
  expect(JSON.parse(json.output)).toEqual({
    ...{ dataset: dataset.id, columns: columnReport.columns, removed: [] },
    imported: { ...imported, labelled: 3 },
  });
});

test('columns are removed and listed', async () => {
  const { calls, output } = await pinhole('columns', 'photos', '--remove', 'age', 'place', '--json');
  expect(calls.filter(([name]) => name === 'removeColumn')).toEqual([
    ['removeColumn', dataset.id, 'age'],
    ['removeColumn', dataset.id, 'place'],
  ]);
  expect(JSON.parse(output)).toMatchObject({ removed: ['age', 'place'], imported: null });
});

test.each<[string[], { label: string | null; ids: number[] }]>([
  [['big', '--ids', '2,0'], { label: 'big', ids: [2, 0] }],
  [['--remove', '--ids', '1'], { label: null, ids: [1] }],
  [['--rename', 'cats', 'dogs'], { label: 'dogs', ids: [0, 1] }],
])('label photos %j', async (words, { label, ids }) => {
  const { code, calls } = await pinhole('label', 'photos', ...words);
  expect([code, calls]).toEqual([0, [['labelImages', dataset.id, [{ label, ids: Int32Array.from(ids) }]]]]);
});

test('images are named in a file, a path on a line; labels are said as they are then', async () => {
  const file = join(temporaryFolder(), 'paths.txt');
  writeFileSync(file, '\uFEFFcats/2.jpg\r\n\r\ndogs/1.jpg\n');
  const { calls, output } = await pinhole('label', 'photos', 'big', '--paths-from', file);
  expect(calls).toEqual([['labelImages', dataset.id, [{ label: 'big', ids: Int32Array.of(1, 2) }]]]);
  expect(output).toBe('Labelled 1 image “big”; 1 had it already.\ncats      2\nno label  1\n');
  const listed = await pinhole('label', 'photos', '--json');
  expect(listed.calls).toEqual([]);
  expect(JSON.parse(listed.output)).toMatchObject({
    labels: [
      { label: 'cats', count: 2 },
      { label: null, count: 1 },
    ],
  });
});

test.each<[string[], number, string]>([
  [['label', 'photos', 'big'], 2, 'No image was named.\nName images with --ids or --paths-from.'],
  [['label', 'photos', '--remove'], 2, 'No image was named.'],
  [['label', 'photos', '--ids', '1'], 2, 'No label was named.'],
  [['label', 'photos', 'big', '--remove', '--ids', '1'], 2, '--remove takes labels away and gives none.'],
  [['label', 'photos', '--rename', 'cats'], 2, '--rename takes two labels'],
  [['label', 'photos', 'big', '--rename', 'cats', 'dogs'], 2, '--rename has both labels already.'],
  [['label', 'photos', '--rename', 'cats', 'dogs', '--ids', '1'], 2, "option '--ids <list>' cannot be used with"],
  [['label', 'photos', '--rename', 'birds', 'dogs'], 1, 'No image has the label “birds”.'],
  [['label', 'photos', 'big', '--ids', '1,7,x'], 1, '2 images of 3 in --ids not found in the data set: “7”, “x”'],
  [['label', 'photos', 'big', '--paths-from', '/nowhere'], 1, 'received ENOENT'],
  [['label', 'nothing', '--ids', '1'], 1, 'There is no data set "nothing"'],
  [['columns', 'photos', 'a.csv', '--by', 'name'], 2, 'path, id'],
])('refused: %j', async (words, exit, said) => {
  const { code, errors, calls } = await pinhole(...words);
  expect(errors).toContain(said);
  expect([code, calls]).toEqual([exit, []]);
});
