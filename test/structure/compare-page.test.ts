// The page about searching and comparing: the commands and options that it names are there, and so are its figures.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeCommands } from '../../src-main/host/command-line/grammar.ts';
import { usualGrid } from '../../src-main/host/command-line/search.ts';
import { graceShare } from '../../src-main/host/sweep.ts';
import { largestGain, probedShares } from '../../src-main/training/code-size-advice.ts';
import { repository } from '../support/resources.ts';

const page = readFileSync(join(repository, 'resources/docs/compare.md'), 'utf8').replace(/\s+/g, ' ');
const commands = new Map(describeCommands('').map(({ usage, options }) => [usage.split(' ')[0]!, options]));

test('every command that the page names is there, and every option is one of theirs', () => {
  const named = new Set([...page.matchAll(/\bpinhole ([a-z]+)/g)].map(([, name]) => name!));
  expect([...named].filter((name) => !commands.has(name))).toEqual([]);
  expect([...named]).toEqual(expect.arrayContaining(['sweep', 'compare', 'advise']));
  const options = [...named].flatMap((name) => commands.get(name)!.map(({ long }) => long));
  const asked = [...page.matchAll(/(?<=[\s`[])--[a-z-]+/g)].map(([option]) => option);
  expect(asked.length).toBeGreaterThan(5);
  expect(asked.filter((option) => !options.includes(option))).toEqual([]);
});

test('its figures are those of the code', () => {
  const percent = (share: number) => `${Math.round(100 * share)} %`;
  expect(page).toContain(`achieves ${probedShares.map(percent).join(' and ')}`);
  expect(page).toContain(`γ = 0, ${largestGain / 2} and ${largestGain}`);
  expect(page).toContain(`After the first ${graceShare === 0.25 ? 'quarter' : graceShare} of its course`);
  const { codes, presets, seeds } = usualGrid;
  expect(page).toContain(`[--codes ${codes}] [--presets ${presets}] [--seeds ${seeds}]`);
});
