// The table of all items: the same as the items one by one, whatever their names, numbers and gaps; counts stay true after changes.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openCatalogue } from '../../src-main/dataset/index.ts';
import { itemTable } from '../../src-main/host/window/item-table.ts';
import { flatPng } from '../dataset/support/images.ts';
import { folderWith, openWorkspace } from '../dataset/support/workspace.ts';

const names = [
  '10/ä,ö.png',
  '10/plain.png',
  '2/数字 7.png',
  '2/emoji 🙂.png',
  'b,c/0.png',
  'b,c/1.png',
  'b,c/2.png',
  'b/0.png',
];

async function importNames() {
  const workspace = openWorkspace();
  const source = folderWith(Object.fromEntries(names.map((name, index) => [name, flatPng(30 * index)])));
  const { dataset } = await workspace.import({ sources: [source] });
  return { ...workspace, source, id: dataset.id };
}

test('has every item as the catalogue tells of it, also where one is gone, renamed in its label or without one', async () => {
  const { catalogue, import: again, source, id } = await importNames();
  rmSync(join(source, names[1]!));
  await again({ sources: [source] });
  const [first, second] = catalogue.items(id);
  catalogue.labelItems(id, [
    { label: 'ring, "odd"', ids: Int32Array.of(first!.id) },
    { label: null, ids: Int32Array.of(second!.id) },
  ]);
  const table = itemTable(catalogue.itemColumns(id), []);
  const splits = ['train', 'validation', 'test'];
  const rows = Array.from(table.ids, (itemId, row) => ({
    id: itemId,
    path: new TextDecoder().decode(table.paths.subarray(table.offsets[row], table.offsets[row + 1])),
    label: table.labels[table.label[row]!] ?? null,
    split: splits[table.split[row]!],
    width: table.width[row],
    height: table.height[row],
  }));
  const items = catalogue.items(id).map(({ bytes: _, sha256: __, ...item }) => item);
  expect(rows).toEqual(items);
  expect(rows).toHaveLength(names.length - 1);
  expect(table.labels).toEqual(['2', 'b', 'b,c', 'ring, "odd"']);
});

test('of a data set without items is empty', () => {
  const { catalogue } = openWorkspace();
  const preprocessing = { width: 8, height: 8, channels: 1 } as never;
  catalogue.insertDataset({ id: 'empty', name: 'empty', sources: [], preprocessing });
  const table = itemTable(catalogue.itemColumns('empty'), []);
  expect(table.ids).toHaveLength(0);
  expect([...table.offsets]).toEqual([0]);
  expect(table.labels).toEqual([]);
});

test('a count is that of now, whoever changed the items: this connection or another one', async () => {
  const { catalogue, folder, import: again, source, id } = await importNames();
  const other = openCatalogue(folder, { readOnly: true });
  expect([catalogue.getDataset(id).count, other.getDataset(id).count]).toEqual([8, 8]);
  rmSync(join(source, names[0]!));
  await again({ sources: [source] });
  expect([catalogue.getDataset(id).count, other.getDataset(id).count]).toEqual([7, 7]);
  other.close();
});
