import { expect, test } from 'vitest';
import { createImageNames } from '../../src-main/files/image-names.ts';

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

test('each has the ending that it is given, and pictures of one name stay apart', () => {
  const nameOf = createImageNames();
  expect([nameOf('a.png', 0, '.jpg'), nameOf('a.tif', 1, '.webp'), nameOf('b', 2, '')]).toEqual([
    'a.jpg',
    'a-2.webp',
    'b',
  ]);
});

test('a file is never named like a folder, nor a folder like a file, in any spelling of a letter', () => {
  const nameOf = createImageNames();
  const paths = ['a.png/b.png', 'a.jpg', 'c.jpg', 'C.png/d.jpg', 'e\u0301.jpg', '\u00e9.png'];
  expect(paths.map((path, row) => nameOf(path, row))).toEqual([
    'a.png/b.png',
    'a-2.png',
    'c.png',
    'C.png-2/d.png',
    'e\u0301.png',
    '\u00e9-2.png',
  ]);
});

test('no part of a name is longer than systems take', () => {
  const name = createImageNames()(`${'图'.repeat(300)}/${'x'.repeat(5000)}.png`, 0);
  expect(Math.max(...name.split('/').map((part) => Buffer.byteLength(part)))).toBeLessThan(256);
});
