// Which folder may import what, read from the sources themselves.
import { globSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { repository } from '../support/resources.ts';

const root = join(repository, 'src-main');

/** The design's table. `node` stands for Node's own modules; packages are named. Everyone may import from its own folder. */
const allowed: Record<string, { folders: string[]; node: boolean; packages: 'any' | string[] }> = {
  contract: { folders: [], node: false, packages: ['valibot'] },
  numerics: { folders: [], node: false, packages: ['ml-matrix'] },
  compiler: { folders: ['contract', 'numerics'], node: false, packages: [] },
  files: { folders: ['contract', 'numerics'], node: true, packages: ['valibot'] },
  engine: { folders: ['compiler', 'contract', 'numerics'], node: true, packages: 'any' },
  dataset: { folders: ['contract', 'numerics', 'files'], node: true, packages: 'any' },
  training: {
    folders: ['dataset', 'engine', 'compiler', 'contract', 'numerics', 'files'],
    node: true,
    packages: ['valibot'],
  },
  latent: {
    folders: ['training', 'engine', 'dataset', 'compiler', 'contract', 'numerics', 'files'],
    node: true,
    packages: ['valibot', 'ml-matrix', 'usearch', 'embedding-atlas'],
  },
  archive: {
    folders: ['latent', 'training', 'engine', 'dataset', 'compiler', 'contract', 'numerics', 'files'],
    node: true,
    packages: ['valibot', 'onnxruntime-node', 'sharp'],
  },
  exports: { folders: ['contract', 'numerics', 'files'], node: true, packages: 'any' },
  host: {
    folders: [
      'contract',
      'compiler',
      'engine',
      'dataset',
      'training',
      'latent',
      'archive',
      'exports',
      'numerics',
      'files',
    ],
    node: true,
    packages: 'any',
  },
};

const sources = globSync('**/*.{ts,mjs}', { cwd: root }).filter((file) => !file.endsWith('.d.ts'));

test('there are sources, and every folder has its rule', () => {
  expect(sources.length).toBeGreaterThan(20);
  const folders = new Set(sources.map((file) => file.split('/')[0]!));
  expect([...folders].filter((folder) => !(folder in allowed))).toEqual([]);
});

describe.each(Object.keys(allowed))('%s', (folder) => {
  test('imports only what it may', () => {
    const violations = sources
      .filter((file) => file.startsWith(`${folder}/`))
      .flatMap((file) => importsOf(file).flatMap((specifier) => violation(file, specifier) ?? []));
    expect(violations).toEqual([]);
  });
});

/** Static imports, re-exports, and dynamic imports of literal names. */
function importsOf(file: string): string[] {
  const text = withoutComments(readFileSync(join(root, file), 'utf8'));
  const pattern = /(?:\bfrom\s*|\bimport\s*\(?\s*)'([@\w.][@\w./:+-]*)'/g;
  return [...text.matchAll(pattern)].map(([, specifier]) => specifier!);
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}

function violation(file: string, specifier: string): string | undefined {
  const folder = file.split('/')[0]!;
  const rule = allowed[folder]!;
  const fault = (reason: string) => `${file} imports ${specifier}: ${reason}`;
  if (specifier.startsWith('.')) {
    const target = relative(root, join(root, dirname(file), specifier));
    const [targetFolder] = target.split('/');
    if (target.startsWith('..')) return fault('outside src-main');
    return targetFolder === folder || rule.folders.includes(targetFolder!)
      ? undefined
      : fault('not its folder to import');
  }
  if (specifier.startsWith('node:')) return rule.node ? undefined : fault('Node is not for this folder');
  if (builtinModules.includes(specifier)) return fault('Node modules are written node:…');
  const packageName = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  const known = rule.packages === 'any' || rule.packages.includes(packageName);
  return known ? undefined : fault('this package is not for this folder');
}

test('the contract and the compiler use nothing of Node without importing it', () => {
  const pure = sources.filter((file) => /^(contract|numerics|compiler)\//.test(file));
  const users = pure.filter((file) =>
    /\b(process|Buffer|__dirname|require)\b[.(]/.test(withoutComments(readFileSync(join(root, file), 'utf8'))),
  );
  expect(users).toEqual([]);
});
