// The docs of the models: a page for every preset, with its loss, its source and the defaults that it really has.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { presetNames } from '../../src-main/contract/settings.ts';
import { presets } from '../../src-main/training/presets.ts';
import { repository } from '../support/resources.ts';

const folder = join(repository, 'resources/docs/models');

test('every preset has a page, and no page is left over', () => {
  expect(readdirSync(folder).sort()).toEqual(presetNames.map((name) => `${name}.md`).sort());
});

test.each(presetNames)('the page of %s has loss, source, use and true defaults', (name) => {
  const page = readFileSync(join(folder, `${name}.md`), 'utf8');
  for (const part of [/^# /, /^ {4}loss = /m, /^\*\*When\*\*: /m, /^\*\*Source\*\*: /m]) expect(page).toMatch(part);
  const { codeSize, pcaStart, learningRate, batchSize, epochs, beta, klWarmup, mmd, noise, codeL1 } = presets[name];
  const rows = [
    `| code size | ${codeSize}`,
    `| PCA start | ${pcaStart ? 'yes' : 'no'} |`,
    `rate ${learningRate}, `,
    `| batch, epochs | ${batchSize}, ${epochs} |`,
    ...(beta > 0 ? [`| β | ${beta}, rising over ${klWarmup} of the run |`] : []),
    ...(mmd > 0 ? [`| λ | ${mmd} |`] : []),
    ...(noise > 0 ? [`| noise | ${noise}, `] : []),
    ...(codeL1 > 0 ? [`| w | ${codeL1} |`] : []),
  ];
  for (const row of rows) expect(page).toContain(row);
});

test('files that a page names are there', () => {
  for (const name of presetNames) {
    const page = readFileSync(join(folder, `${name}.md`), 'utf8');
    for (const [, path] of page.matchAll(/`(resources\/[\w./-]+)`/g)) {
      expect(existsSync(join(repository, path!)), path).toBe(true);
    }
  }
});
