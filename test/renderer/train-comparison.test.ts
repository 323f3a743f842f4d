// Runs side by side: only what differs is listed, and lines can be told apart by contrast and by their dashes.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { differences } from '../../src-main/contract/flat-settings.ts';
import { comparedStyles, mostCompared } from '../../src-renderer/screens/train/comparison.ts';
import { repository } from '../support/resources.ts';

test('only settings that differ are listed, objects field by field', () => {
  const first = { preset: 'deep', seed: 1, epochs: 5, optimizer: { type: 'adamw', clipNorm: 1 }, hidden: [4, 2] };
  const second = { preset: 'deep', seed: 2, optimizer: { type: 'adamw', clipNorm: 2 }, hidden: [4, 2] };
  expect(differences([first, second])).toEqual([
    { name: 'seed', values: [1, 2] },
    { name: 'epochs', values: [5, undefined] },
    { name: 'optimizer.clipNorm', values: [1, 2] },
  ]);
  expect(differences([first, first])).toEqual([]);
});

describe('lines', () => {
  const tokens = readFileSync(join(repository, 'src-renderer/style/tokens.css'), 'utf8');
  const colorsOf = (token: string) =>
    new RegExp(`${token}: light-dark\\((#[0-9a-f]{6}), (#[0-9a-f]{6})\\)`).exec(tokens)!.slice(1);

  test('there is one for each run that can be compared, and no two have the same colour or dash', () => {
    expect(comparedStyles).toHaveLength(mostCompared);
    expect(new Set(comparedStyles.map(({ color }) => color)).size).toBe(mostCompared);
    expect(new Set(comparedStyles.map(({ dash }) => dash.join())).size).toBe(mostCompared);
  });

  test.each(comparedStyles.map(({ color }) => color))('%s stands out from its ground in both themes', (color) => {
    for (const ground of ['--paper', '--surface']) {
      const grounds = colorsOf(ground);
      colorsOf(color).forEach((one, theme) => {
        expect(contrast(one, grounds[theme]!)).toBeGreaterThanOrEqual(3);
      });
    }
  });
});

/** As WCAG 2.2 defines it. */
function contrast(a: string, b: string): number {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((place) => {
    const share = Number.parseInt(color.slice(place, place + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
