// Finding what is to be imported: folders, files, archives and arrays become candidates. Images are not opened here.
import { closeSync, openSync, readSync } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import { PinholeError, throwIfCancelled } from '../contract/errors.ts';
import type { ImportFailure } from '../contract/records.ts';
import type { ImportSettings } from '../contract/settings.ts';
import { findLabelFile } from './arrays.ts';
import { unreadable } from './bytes.ts';
import type { Container } from './catalogue.ts';
import { wholeFile } from './columns.ts';
import { expandContainer } from './containers.ts';
import { hasImageName, isContainerFormat, isJunk, recognise, recogniseLength } from './recognise.ts';
import type { Candidate } from './tasks.ts';

export interface Scan {
  /** In the order of their paths. */
  candidates: Candidate[];
  failures: ImportFailure[];
  /** Archives and arrays that were opened. */
  opened: Container[];
  /** Archives and arrays that are as they were at the last import; their items need no look. */
  unchanged: Container[];
}

export interface ScanOptions {
  settings: ImportSettings;
  /** Containers whose members were all imported earlier. */
  known: readonly Container[];
  /** A folder for unpacked archives. */
  spoolFolder: string;
  signal: AbortSignal | undefined;
  /** Whether a source that is not there ends the scan, as it does if nothing is said, or becomes a failure like any other file. */
  missing?: 'throw' | 'list';
  onFound(count: number): void;
}

/** One source as the person named it. */
interface Source {
  file: string;
  /** With several sources, what its paths begin with. */
  name: string | null;
  isFolder: boolean;
  test: boolean;
}

/** Errors: `source-missing` where a source itself cannot be read; anything inside becomes a failure. */
export async function scan(options: ScanOptions): Promise<Scan> {
  const scanner = new Scanner(options);
  for (const source of await listSources(options)) await scanner.readSource(source);
  return scanner.finish();
}

class Scanner {
  readonly #options: ScanOptions;
  readonly #known: Map<string, Container>;
  /** Files that were read as labels of an array, and ones that hold labels and nothing else. */
  readonly #labelFiles = new Set<string>();
  readonly #labelsOnly = new Map<string, string>();
  readonly #result: Scan = { candidates: [], failures: [], opened: [], unchanged: [] };
  /** Real paths of folders that were read, so that links cannot lead in circles. */
  readonly #visited = new Map<string, string>();

  constructor(options: ScanOptions) {
    this.#options = options;
    this.#known = new Map(options.known.map((container) => [`${container.file}\n${container.prefix}`, container]));
  }

  finish(): Scan {
    for (const [file, path] of this.#labelsOnly) {
      if (!this.#labelFiles.has(file)) this.#fail(path, 'format-unsupported', 'The file holds labels, not images.');
    }
    const byPath = (first: { path: string }, second: { path: string }) => compare(first.path, second.path);
    this.#result.candidates.sort(byPath);
    this.#dropDuplicates();
    this.#result.failures.sort(byPath);
    return this.#result;
  }

  async readSource(source: Source): Promise<void> {
    if (!source.isFolder) {
      const path = source.name ?? basename(source.file);
      // A container that is a source is like a folder: alone, its name is not part of the paths in it.
      await this.#readFile(source.file, path, null, source.test, source.name === null ? '' : `${path}/`);
      return;
    }
    const links: (() => Promise<void>)[] = [];
    await this.#readFolder(source.file, source.name === null ? '' : `${source.name}/`, null, source, links);
    // Links come after everything else: what is reached both ways is known by its own path.
    for (let link = links.shift(); link !== undefined; link = links.shift()) await link();
  }

  async #readFolder(
    folder: string,
    path: string,
    label: string | null,
    source: Source,
    links: (() => Promise<void>)[],
  ): Promise<void> {
    throwIfCancelled(this.#options.signal);
    const entries = await this.#listFolder(folder, path);
    for (const entry of entries ?? []) {
      if (isJunk(entry.name)) continue;
      const file = join(folder, entry.name);
      if (entry.isDirectory()) {
        await this.#readFolder(file, `${path}${entry.name}/`, entry.name, source, links);
      } else if (entry.isSymbolicLink()) {
        links.push(() => this.#followLink(file, path, entry.name, label, source, links));
      } else if (entry.isFile()) {
        await this.#readFile(file, path + entry.name, label, source.test);
      }
    }
    this.#options.onFound(this.#result.candidates.length);
  }

  async #listFolder(folder: string, path: string) {
    try {
      const real = await realpath(folder);
      const before = this.#visited.get(real);
      if (before !== undefined) {
        this.#fail(path, 'source-missing', `The folder was read before, as “${before}”: links are followed once.`);
        return undefined;
      }
      this.#visited.set(real, path === '' ? basename(folder) : path.replace(/\/$/, ''));
      return await readdir(folder, { withFileTypes: true });
    } catch (error) {
      this.#fail(path, 'source-missing', `The folder could not be read: ${unreadable(error).message}`);
      return undefined;
    }
  }

  async #followLink(
    file: string,
    path: string,
    name: string,
    label: string | null,
    source: Source,
    links: (() => Promise<void>)[],
  ): Promise<void> {
    try {
      const target = await stat(file);
      if (target.isDirectory()) await this.#readFolder(file, `${path}${name}/`, name, source, links);
      else if (target.isFile()) await this.#readFile(file, path + name, label, source.test);
    } catch (error) {
      if (error instanceof PinholeError) throw error;
      this.#fail(path + name, 'source-missing', `The link leads nowhere: ${unreadable(error, absent).message}`);
    }
  }

  /** Files with an image's name are opened by the decoding threads only; others may be containers. */
  async #readFile(file: string, path: string, label: string | null, test: boolean, prefix = `${path}/`): Promise<void> {
    if (!hasImageName(path)) {
      const head = this.#head(file, path);
      if (head === undefined) return;
      if (isContainerFormat(recognise(head, path))) {
        await this.#readContainer(file, prefix, label, test);
        return;
      }
    }
    this.#result.candidates.push({
      path,
      label: this.#labelled(label),
      test,
      place: wholeFile(file),
      array: null,
      page: 0,
    });
  }

  async #readContainer(file: string, prefix: string, label: string | null, test: boolean): Promise<void> {
    const container = await this.#containerOf(file, prefix);
    const known = this.#known.get(`${file}\n${prefix}`);
    if (known !== undefined && isSame(known, container)) {
      this.#result.unchanged.push(container);
      return;
    }
    let labelsOnly = null;
    try {
      const { spoolFolder, signal, settings } = this.#options;
      for await (const found of expandContainer(file, { spoolFolder, signal, pixelLimit: settings.pixelLimit })) {
        if ('labelFile' in found) this.#labelFiles.add(found.labelFile);
        else if ('labelsOnly' in found)
          labelsOnly = this.#labelsOnly.set(file, prefix.replace(/\/$/, '') || basename(file));
        else if ('failure' in found) {
          const { path, code, reason } = found.failure;
          this.#fail(path === '' ? prefix.replace(/\/$/, '') || basename(file) : prefix + path, code, reason);
        } else {
          const inside = found.candidate.label ?? label;
          this.#result.candidates.push({
            ...found.candidate,
            path: prefix + found.candidate.path,
            label: this.#labelled(inside),
            test,
          });
        }
      }
      if (labelsOnly === null) this.#result.opened.push(container);
    } catch (error) {
      const { code, message, advice } = PinholeError.from(error);
      if (code === 'cancelled' || code === 'disk-full') throw error;
      this.#fail(prefix.replace(/\/$/, '') || basename(file), code, advice === '' ? message : `${message} ${advice}`);
    }
    this.#options.onFound(this.#result.candidates.length);
  }

  /** Size and time of change, together with those of its label file. */
  async #containerOf(file: string, prefix: string): Promise<Container> {
    const { labels } = this.#options.settings;
    const { size, mtimeMs } = await stat(file);
    const labelFile = findLabelFile(file);
    if (labelFile === undefined) return { file, bytes: size, modified: mtimeMs, prefix, labels };
    const beside = await stat(labelFile);
    return { file, bytes: size + beside.size, modified: Math.max(mtimeMs, beside.mtimeMs), prefix, labels };
  }

  /** Archives may hold a name twice; paths are unique. */
  #dropDuplicates(): void {
    const { candidates } = this.#result;
    this.#result.candidates = candidates.filter(({ path }, index) => {
      if (index === 0 || candidates[index - 1]!.path !== path) return true;
      this.#fail(path, 'format-unsupported', 'The name is there twice: only the first one is imported.');
      return false;
    });
  }

  #labelled(label: string | null): string | null {
    return this.#options.settings.labels ? label : null;
  }

  #head(file: string, path: string): Uint8Array | undefined {
    try {
      const descriptor = openSync(file, 'r');
      try {
        const bytes = new Uint8Array(recogniseLength);
        return bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, 0));
      } finally {
        closeSync(descriptor);
      }
    } catch (error) {
      this.#fail(path, 'image-unreadable', unreadable(error).message);
      return undefined;
    }
  }

  #fail(path: string, code: string, reason: string): void {
    this.#result.failures.push({ path: path.replace(/\/$/, ''), code, reason });
  }
}

/** Sources with unique names in front of their paths, where there are several. */
async function listSources({ settings, missing }: ScanOptions): Promise<Source[]> {
  const { sources, testSources } = settings;
  const all = [
    ...sources.map((file) => ({ file: resolve(file), test: false })),
    ...testSources.map((file) => ({ file: resolve(file), test: true })),
  ];
  const taken = new Set<string>();
  const listed: Source[] = [];
  for (const { file, test } of all) {
    const isFolder = await checkSource(file).catch((error: unknown) => {
      if (missing === 'list') return false;
      throw error;
    });
    const name = all.length === 1 ? null : uniqueName(basename(file), isFolder, taken);
    listed.push({ file, test, name, isFolder });
  }
  return listed;
}

/** The number goes before a file's ending, which says what it is. */
function uniqueName(name: string, isFolder: boolean, taken: Set<string>): string {
  const ending = isFolder ? '' : extname(name);
  const stem = name.slice(0, name.length - ending.length);
  let unique = name;
  for (let number = 2; taken.has(unique); number++) unique = `${stem} (${number})${ending}`;
  taken.add(unique);
  return unique;
}

async function checkSource(file: string): Promise<boolean> {
  try {
    return (await stat(file)).isDirectory();
  } catch (cause) {
    const message = `Expected a folder or file that may be read, received “${file}”: ${unreadable(cause, absent).message}`;
    throw new PinholeError('source-missing', message, 'Check the path and its permissions.', { cause });
  }
}

/** Of what was named and never seen. */
const absent = 'There is nothing of that name';

const isSame = (known: Container, now: Container) =>
  known.bytes === now.bytes && known.modified === now.modified && known.labels === now.labels;

const compare = (first: string, second: string) => (first < second ? -1 : first > second ? 1 : 0);
