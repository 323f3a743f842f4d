// Which packages Pinhole is made of and under which licences, read from their manifests. What only builds it is left out.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PinholeError } from '../../contract/errors.ts';
import type { WorkspaceInfo } from '../../contract/views.ts';

type Licence = WorkspaceInfo['licences'][number];

interface Manifest {
  name?: string;
  version?: string;
  license?: string;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

/** Built into the window, and so not beside it as packages where Pinhole was installed. */
const builtIn: readonly Licence[] = ['svelte', 'bits-ui', 'uplot'].map((name) => ({
  name,
  version: '',
  licence: 'MIT',
}));

/** Packages with all that they depend on, each version once, by name. */
export async function readLicences(): Promise<Licence[]> {
  const file = fileURLToPath(new URL('../../../package.json', import.meta.url));
  const root = await readManifest(file);
  const found = new Map<string, Licence>();
  const seen = new Set<string>();
  const node = Object.keys(root.optionalDependencies ?? {}).filter((name) => name.startsWith('node-'));
  const names = [...Object.keys(root.dependencies ?? {}), ...node];
  const queue = names.map((name) => [name, dirname(file)] as const);
  for (const { name, licence } of builtIn) {
    if (findManifest(name, dirname(file)) !== undefined) queue.push([name, dirname(file)]);
    else found.set(name, { name, version: root.devDependencies?.[name] ?? '', licence });
  }
  for (const [name, from] of queue) {
    const path = findManifest(name, from);
    // Binaries of other systems are not installed.
    if (path === undefined || seen.has(path)) continue;
    seen.add(path);
    const { version = '', license = '', dependencies, optionalDependencies } = await readManifest(path);
    found.set(`${name} ${version}`, { name, version, licence: license });
    for (const inner of Object.keys({ ...dependencies, ...optionalDependencies })) queue.push([inner, dirname(path)]);
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** As Node looks for a package: in `node_modules` of the folder and of those above it. */
function findManifest(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const file = join(folder, 'node_modules', name, 'package.json');
    if (existsSync(file)) return file;
    if (dirname(folder) === folder) return undefined;
  }
}

async function readManifest(file: string): Promise<Manifest> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Manifest;
  } catch (cause) {
    const message = `Expected JSON in ${file}, received something else.`;
    throw new PinholeError('file-damaged', message, 'Install Pinhole again.', { cause });
  }
}
