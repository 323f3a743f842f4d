import { expect, test } from 'vitest';
import { createImageNames } from '../../src-main/host/image-names.ts';

test.each([
  ['cats/tom.jpeg', 'cats/tom.png'],
  ['a/b/c/picture.tar.png', 'a/b/c/picture.tar.png'],
  ['no-ending', 'no-ending.png'],
  ['图像/猫🐈.png', '图像/猫🐈.png'],
  ['../../etc/passwd', 'etc/passwd.png'],
  ['/etc/passwd', 'etc/passwd.png'],
  ['..\\..\\windows\\win.ini', 'windows/win.png'],
  ['C:\\images\\a.png', 'C_/images/a.png'],
  ['./a/./b.png', 'a/b.png'],
  ['con/aux.png', '_con/_aux.png'],
  ['question?/star*.gif', 'question_/star_.png'],
  ['line\nbreak.png', 'line_break.png'],
  ['trailing. /dots...', 'trailing/dots.png'],
  ['.hidden', '.hidden.png'],
  ['multi.tif#2', 'multi-2.png'],
])('%j becomes %j', (path, name) => {
  expect(createImageNames()(path, 0)).toBe(name);
});

test.each([null, '', '/', '..', ' . '])('a row without a usable path (%j) is named by its number', (path) => {
  expect(createImageNames()(path, 17)).toBe('row-000017.png');
});

test('no image overwrites another one', () => {
  const nameOf = createImageNames();
  const paths = ['a.jpg', 'a.png', 'A.gif', 'b/a.png', 'a-2.png', 'multi.tif#1', 'multi.tif#2', null, null];
  expect(paths.map((path, row) => nameOf(path, row))).toEqual([
    'a.png',
    'a-2.png',
    'A-3.png',
    'b/a.png',
    'a-2-2.png',
    'multi-1.png',
    'multi-2.png',
    'row-000007.png',
    'row-000008.png',
  ]);
});
