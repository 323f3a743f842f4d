// Images of an archive on their screen: in which order, found by which words, and without an index.
import { expect, test } from 'vitest';
import type { ArchiveDescription, ArchiveTable } from '../../src-main/contract/archive.ts';
import { packTexts } from '../../src-main/host/window/packed-texts.ts';
import { isArchive } from '../../src-renderer/screens/archive/archive-names.ts';
import { ArchivedImages } from '../../src-renderer/screens/archive/archived-images.ts';

const description = { images: 4 } as ArchiveDescription;
const table: ArchiveTable = {
  ...packTexts(['cats/Émile.png', 'cats/b.png', 'dogs/c.png', 'dogs/d.png']),
  ...{ labels: ['cats', 'dogs'], label: Int32Array.of(0, 0, 1, -1) },
  ...{ width: Int32Array.of(10, 20, 30, 40), height: Int32Array.of(1, 2, 3, 4) },
  ...{ psnr: Float32Array.of(25, 20.5, Number.POSITIVE_INFINITY, 22), kept: Uint8Array.of(0, 1, 2, 0) },
};
const images = new ArchivedImages({ table, description });

test('worst first, best first, or as they lie', () => {
  expect([...images.rows('worst', '')]).toEqual([1, 3, 0, 2]);
  expect([...images.rows('best', '')]).toEqual([2, 0, 3, 1]);
  expect([...images.rows('stored', '')]).toEqual([0, 1, 2, 3]);
});

test('found by words in path or label, whatever their case', () => {
  expect([...images.rows('worst', ' ÉMILE ')]).toEqual([0]);
  expect([...images.rows('stored', 'DOGS')]).toEqual([2, 3]);
  expect([...images.rows('stored', 'bird')]).toEqual([]);
});

test('each by what is known of it', () => {
  expect([0, 1, 2, 3].map((row) => images.kept(row))).toEqual(['code', 'residual', 'whole', 'code']);
  expect([images.label(0), images.label(3)]).toEqual(['cats', null]);
  expect(images.size(2)).toEqual({ width: 30, height: 3 });
  expect(images.pathsOf(Uint8Array.of(1, 0, 0, 1))).toEqual(['cats/Émile.png', 'dogs/d.png']);
});

test('without an index they have numbers', () => {
  const lost = new ArchivedImages({ table: null, description });
  expect(lost.count).toBe(4);
  expect(lost.hasNames).toBe(false);
  expect([...lost.rows('worst', '')]).toEqual([0, 1, 2, 3]);
  expect([lost.path(2), lost.label(2), lost.psnr(2), lost.size(2)]).toEqual(['#2', null, null, null]);
});

test('archives are told by their ending', () => {
  expect(['a.pinhole', '/x/B.PINHOLE', 'a.pinhole.zip', 'pinhole'].map(isArchive)).toEqual([true, true, false, false]);
});
