// Paths as they are pasted.
import { expect, test } from 'vitest';
import { plainPath } from '../../src-renderer/screens/import/paths.ts';

test.each([
  ['/pictures/photos', '/pictures/photos'],
  ['  /pictures/photos\n', '/pictures/photos'],
  ['"D:\\My photos"', 'D:\\My photos'],
  ["'/pictures/my photos'", '/pictures/my photos'],
  ['/pictures/"quoted"', '/pictures/"quoted"'],
  ['"', '"'],
  ['', ''],
])('%j', (text, path) => {
  expect(plainPath(text)).toBe(path);
});
