// Rules of the window's sources: what they may import, one line that says what each is, colours from tokens only, complete languages.
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { en } from '../../src-renderer/language/en/index.ts';
import { zh } from '../../src-renderer/language/zh/index.ts';
import { service as chineseService } from '../../src-renderer/language/zh/service.ts';
import { repository } from '../support/resources.ts';
import { serviceMessages } from '../support/service-messages.ts';

const root = join(repository, 'src-renderer');
const files = globSync('**/*.{ts,svelte}', { cwd: root });
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const packages = ['svelte', 'bits-ui', 'uplot', 'uplot/dist/uPlot.min.css', 'valibot', '@internationalized/date'];

describe('sources', () => {
  test('each opens with one line that says what it is', () => {
    const without = files.filter((file) => !/^(\/\/|<!--) \S.{15,}/.test(read(file)));
    expect(without).toEqual([]);
  });

  test('they import the contract, each other, and a few packages', () => {
    const violations = files.flatMap((file) =>
      importsOf(file)
        .filter((specifier) => !isAllowed(file, specifier))
        .map((specifier) => `${file} imports ${specifier}`),
    );
    expect(violations).toEqual([]);
  });

  test('colours come from the tokens', () => {
    const literal = /#[0-9a-f]{3,8}\b(?=[^"'`<]*[;,)])|\b(?:rgb|hsl|oklch)a?\(/i;
    const styled = files
      .filter((file) => file.endsWith('.svelte'))
      .filter((file) => literal.test(/<style>([\s\S]*)<\/style>/.exec(read(file))?.[1] ?? ''));
    expect(styled).toEqual([]);
  });

  test('nothing is fetched from elsewhere', () => {
    expect(files.filter((file) => /(?:https?|wss?):\/\/(?!\$\{location)/.test(withoutComments(read(file))))).toEqual(
      [],
    );
  });
});

describe('languages', () => {
  const keys = Object.keys(en) as (keyof typeof en)[];
  const names = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();

  test('both have the same keys with the same values in them', () => {
    expect(Object.keys(zh).toSorted()).toEqual(keys.toSorted());
    expect(keys.filter((key) => names(en[key]).join() !== names(zh[key]).join())).toEqual([]);
  });

  test('no Chinese text was left in English, or empty', () => {
    const allowed = /^[\s\d\p{P}\p{S}]*$|^[\w\s.,–×·{}()%/-]{1,24}$/u;
    expect(
      keys.filter((key) => zh[key] === '' || (!/\p{Script=Han}/u.test(zh[key]) && !allowed.test(zh[key]))),
    ).toEqual([]);
  });

  test('no text is left over', () => {
    const sources = files
      .filter((file) => !file.startsWith('language/'))
      .map(read)
      .join('\n');
    const dynamic = [...sources.matchAll(/`([\w.]+\.)\$\{/g)].map(([, prefix]) => prefix!);
    const unused = keys.filter(
      (key) =>
        !sources.includes(`'${key}'`) && !key.startsWith('unit.') && !dynamic.some((prefix) => key.startsWith(prefix)),
    );
    expect(unused).toEqual([]);
  });

  test('every sentence of the service has its Chinese one, and none is left over', () => {
    const said = serviceMessages();
    expect(said.filter((sentence) => !(sentence in chineseService))).toEqual([]);
    expect(Object.keys(chineseService).filter((sentence) => !said.includes(sentence))).toEqual([]);
  });
});

function importsOf(file: string): string[] {
  const pattern = /(?:\bfrom\s+|\bimport\s*\(?\s*)'([@\w.][@\w./:?-]*)'/g;
  return [...withoutComments(read(file)).matchAll(pattern)].map(([, specifier]) => specifier!);
}

function isAllowed(file: string, specifier: string): boolean {
  if (!specifier.startsWith('.')) return packages.includes(specifier) || specifier.startsWith('svelte/');
  const target = relative(root, join(root, dirname(file), specifier.replace(/\?.*$/, '')));
  return !target.startsWith('..') || target.startsWith(join('..', 'src-main', 'contract'));
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|<!--[\s\S]*?-->/g, '').replace(/(^|\s)\/\/ .*$/gm, '');
}
