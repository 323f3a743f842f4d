// The letters that are drawn as strokes: all that a model's name can be made of is there.
import { expect, test } from 'vitest';
import { presetNames } from '../../src-main/contract/settings.ts';
import { strokeText } from '../../src-main/exports/stroke-text.ts';

test.each([...presetNames, 'abcdefghijklmnopqrstuvwxyz 0123456789.-'])('%s is drawn letter by letter', (text) => {
  const drawn = strokeText(text, 0, 0, { size: 10, color: '#000000', anchor: 'start' });
  expect(drawn.match(/<path /g)).toHaveLength(text.length);
});
