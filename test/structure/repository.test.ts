// The repository tells the truth about itself: header lines, exact versions, the README's map, nothing of one machine.
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { exitCodes } from '../../src-main/host/command-line/program.ts';
import { need, repository } from '../support/resources.ts';

const read = (file: string) => readFileSync(join(repository, file), 'utf8');

describe('sources', () => {
  const files = globSync('{src-main,test}/**/*.{ts,mjs}', { cwd: repository });

  test('every file of src-main opens with one line that says what it is', () => {
    const without = files
      .filter((file) => file.startsWith('src-main'))
      .filter((file) => !/^(#!.*\n)?\/\/ \S.{15,}/.test(read(file)));
    expect(without).toEqual([]);
  });

  test('nothing is left to be done later', () => {
    const marker = new RegExp(`\\b(${['TO', 'DO'].join('')}|${['FIX', 'ME'].join('')})\\b`);
    expect(files.filter((file) => marker.test(read(file)))).toEqual([]);
  });
});

describe('package.json', () => {
  const manifest = JSON.parse(read('package.json'));
  const groups = ['dependencies', 'devDependencies', 'optionalDependencies'];

  test.each(groups)('versions of %s are exact', (group) => {
    const loose = Object.entries<string>(manifest[group]).filter(
      ([, version]) => !/^\d+\.\d+\.\d+(-r\.\d+)?$/.test(version),
    );
    expect(loose).toEqual([]);
  });

  test('the lock file agrees', () => {
    const lock = JSON.parse(read('package-lock.json'));
    for (const group of groups) expect(lock.packages[''][group]).toEqual(manifest[group]);
    const packages = Object.entries<{ version: string; integrity?: string; optional?: boolean }>(lock.packages).slice(
      1,
    );
    expect(packages.filter(([, { integrity }]) => !integrity).map(([name]) => name)).toEqual([]);
    for (const group of groups) {
      for (const [name, version] of Object.entries(manifest[group])) {
        expect(lock.packages[`node_modules/${name}`].version, name).toBe(version);
      }
    }
  });

  test('install scripts stay off, and the launcher exists', () => {
    expect(read('.npmrc')).toContain('ignore-scripts=true');
    expect(existsSync(join(repository, manifest.bin.pinhole))).toBe(true);
  });
});

describe('the README', () => {
  const readme = read('README.md');

  test("its map lists every folder of src-main, and nothing that isn't there", () => {
    const listed = [...readme.matchAll(/^ {2}([a-z-]+)\/ {2,}\S/gm)].map(([, folder]) => folder!);
    const folders = readdirSync(join(repository, 'src-main')).filter((name) =>
      statSync(join(repository, 'src-main', name)).isDirectory(),
    );
    expect(listed.toSorted()).toEqual(folders.toSorted());
  });

  test('files and scripts that it names exist', () => {
    const paths = [...readme.matchAll(/`((?:src-main|test|\.ci)\/[\w./-]+)`/g)].map(([, path]) => path!);
    expect(paths.filter((path) => !existsSync(join(repository, path)))).toEqual([]);
    const { scripts } = JSON.parse(read('package.json'));
    const named = [...readme.matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name!);
    expect(named.length).toBeGreaterThan(2);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  test('its first block holds the two commands', () => {
    const [block = ''] = [...readme.matchAll(/```[a-z]*\n([\s\S]*?)```/g)].map(([, text]) => text!);
    expect(
      block
        .trim()
        .split('\n')
        .map((line) => line.replace(/\s+#.*/, '')),
    ).toEqual(['npm ci && npm start', 'npm ci && npm test']);
  });

  test('it documents every exit code', () => {
    for (const code of Object.values(exitCodes)) expect(readme).toMatch(new RegExp(`^\\| ${code} \\|`, 'm'));
  });
});

describe('tracked files', () => {
  beforeEach((context) => need(context, 'git'));
  const text = new Set(['.ts', '.mjs', '.json', '.md', '.svg', '.html', '.yml', '']);
  const tracked = () =>
    execFileSync('git', ['ls-files'], { cwd: repository, encoding: 'utf8' })
      .trim()
      .split('\n')
      .filter((file) => text.has(extname(file)) && existsSync(join(repository, file)));

  test('name no folder of one machine', () => {
    const machine = /(?<![\w.-])\/(?:work|root|home\/\w+|Users\/\w+|tmp\/\w+)\//;
    expect(tracked().filter((file) => machine.test(read(file)))).toEqual([]);
  });

  test('name no registry', () => {
    const registry = /registry\.(npmjs|yarnpkg|npmmirror)|"resolved":/;
    expect(
      tracked().filter((file) => file !== 'test/structure/repository.test.ts' && registry.test(read(file))),
    ).toEqual([]);
  });
});
