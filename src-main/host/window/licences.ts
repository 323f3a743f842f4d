// Which packages Pinhole is made of and under which licences, read from their manifests. What only builds it is left out.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PinholeError } from '../../contract/errors.ts';
import type { WorkspaceInfo } from '../../contract/views.ts';
import { writeAtomic } from '../../files/atomic.ts';

type Licence = WorkspaceInfo['licences'][number];

interface Manifest {
  name?: string;
  version?: string;
  license?: string;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

/** Built into the window: where Pinhole was installed they are not there as packages. */
const builtIn = ['svelte', 'bits-ui', 'uplot'];

const root = fileURLToPath(new URL('../../../', import.meta.url));
/** Written when a package is made, by which everything is still there. */
const packedList = join('out', 'licences.json');

/** Packages with all that they depend on, each version once, by name. */
export async function readLicences(): Promise<Licence[]> {
  return findManifest(builtIn[0]!, root) === undefined ? readJson(join(root, packedList)) : findLicences();
}

/** Before packaging. */
export async function keepLicences(): Promise<void> {
  await writeAtomic(join(root, packedList), `${JSON.stringify(await findLicences(), null, 1)}\n`);
}

async function findLicences(): Promise<Licence[]> {
  const { dependencies, optionalDependencies } = await readJson<Manifest>(join(root, 'package.json'));
  const found = new Map<string, Licence>();
  const seen = new Set<string>();
  const node = Object.keys(optionalDependencies ?? {}).filter((name) => name.startsWith('node-'));
  const queue = [...Object.keys(dependencies ?? {}), ...node, ...builtIn].map((name) => [name, root] as const);
  for (const [name, from] of queue) {
    const path = findManifest(name, from);
    // Binaries of other systems are not installed.
    if (path === undefined || seen.has(path)) continue;
    seen.add(path);
    const { version = '', license = '', dependencies, optionalDependencies } = await readJson<Manifest>(path);
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

async function readJson<T>(file: string): Promise<T> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as T;
  } catch (cause) {
    const message = `Expected JSON in ${file}, received something else.`;
    throw new PinholeError('file-damaged', message, 'Install Pinhole again.', { cause });
  }
}
