// A missing text: said in another language where that has it, else shown as its key and reported.
import { expect, test, vi } from 'vitest';
import { textOf } from '../../src-renderer/language/text-of.ts';

const [chinese, english] = [{ a: '甲' }, { a: 'A', b: 'B' }];

test('a text comes from the first language that has it', () => {
  expect(['a', 'b'].map((key) => textOf(key, [chinese, english]))).toEqual(['甲', 'B']);
});

test('a key without any text is seen, and is an error where errors are looked at', () => {
  const error = vi.spyOn(console, 'error').mockImplementation(() => {});
  expect(textOf('c', [chinese, english])).toBe('[c]');
  expect(error).toHaveBeenCalledWith('There is no text for “c”.');
  error.mockRestore();
});
