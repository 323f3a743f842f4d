// The page about the doctor: every diagnosis with its rule, with the thresholds that the code has, and with its remedy.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { diagnoses } from '../../src-main/training/doctor.ts';
import { repository } from '../support/resources.ts';

const page = readFileSync(join(repository, 'resources/docs/doctor.md'), 'utf8');
const [, ...sections] = page.split(/^## /m);

test('page and code name the same diagnoses in the same order', () => {
  expect(sections.map((section) => section.slice(0, section.indexOf('\n')))).toEqual(diagnoses.map(({ name }) => name));
});

test.each(diagnoses.map(({ name, limits }, index) => [name, limits, index] as const))(
  'the section of %s says what it means, its rule with true thresholds, and its remedy',
  (_, limits, index) => {
    const section = sections[index]!;
    for (const part of [/^\*\*Meaning\*\*: /m, /^\*\*Rule\*\*: /m, /^\*\*Remedy\*\*: /m]) expect(section).toMatch(part);
    const named = Object.fromEntries(
      [...section.matchAll(/`(\w+) = ([\d.e-]+)`/g)].map(([, name, x]) => [name, Number(x)]),
    );
    expect(named).toEqual(limits);
  },
);
