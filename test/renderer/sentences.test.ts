// Sentences taken apart and said anew.
import { expect, test } from 'vitest';
import { type Format, formatNouns, withArticle } from '../../src-main/dataset/recognise.ts';
import { compileSentences } from '../../src-renderer/language/sentences.ts';
import { nouns } from '../../src-renderer/language/zh/nouns.ts';
import { service as chinese } from '../../src-renderer/language/zh/service.ts';

const translate = compileSentences({
  'Expected {}, received {}.': '应为 {0}，实际为 {1}。',
  'Expected {} for {}, received {}.': '{1} 应为 {0}，实际为 {2}。',
  'a text file': '文本文件',
  'Try again.': '请重试。',
});

test('the template with the most fixed text is taken, and values change places', () => {
  expect(translate('Expected an image for “a.png”, received a text file.')).toBe(
    '“a.png” 应为 an image，实际为 文本文件。',
  );
});

test('several sentences are translated one by one', () => {
  expect(translate('Expected 1, received 2. Try again.')).toBe('应为 1，实际为 2。 请重试。');
  expect(translate('Something else happened. Try again.')).toBe('Something else happened. 请重试。');
});

test('what no template fits passes unchanged, signs of patterns included', () => {
  expect(translate('Nothing (known) fits [this]?')).toBe('Nothing (known) fits [this]?');
});

test.each(Object.keys(formatNouns) as Format[])(
  'what a file is instead of an image is said in Chinese: %s',
  (format) => {
    const said = compileSentences({ ...chinese, ...nouns })(
      `Expected an image for “a.png”, received ${withArticle(format)}.`,
    );
    expect(said).toContain('“a.png”应为图像，实际为');
    expect(said).not.toContain(withArticle(format));
  },
);
