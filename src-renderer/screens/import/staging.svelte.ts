// What is about to be imported: where it comes from, how it will be brought to pixels, and what that gives, looked at beforehand.
import { PinholeError } from '../../../src-main/contract/errors.ts';
import type { Progress } from '../../../src-main/contract/records.ts';
import type { ImportRequest } from '../../../src-main/contract/settings.ts';
import type { ImportPreview } from '../../../src-main/contract/views.ts';
import { attempt } from '../../notices.svelte.ts';
import { service } from '../../service/connection.svelte.ts';
import { workspace } from '../../service/workspace.svelte.ts';

export type Size = 'auto' | number;
export const sizes = ['auto', 28, 32, 64, 96, 128] as const;
export const smallest = 2;
export const largest = 1024;

export interface Draft {
  name: string;
  size: Size;
  color: 'auto' | 'grey' | 'rgb';
  fit: 'cover' | 'contain' | 'stretch';
  background: string;
  /** Percent of the images. */
  validation: number;
  labels: boolean;
  /** A folder whose images are held out altogether; empty for none. */
  testSource: string;
}

const usual: Draft = {
  name: '',
  size: 'auto',
  color: 'auto',
  fit: 'cover',
  background: '#ffffff',
  validation: 10,
  labels: true,
  testSource: '',
};

/** A person who drags a slider is not yet asking. */
const restMilliseconds = 80;
const mostRecent = 10;

class Staging {
  /** Absolute paths; empty while nothing is chosen. */
  sources = $state.raw<readonly string[]>([]);
  /** Of an upload from this browser: its id, and what was dropped. */
  upload = $state.raw<{ id: string; name: string } | null>(null);
  draft = $state<Draft>({ ...usual });
  preview = $state.raw<ImportPreview | null>(null);
  error = $state.raw<PinholeError | null>(null);
  /** The preview is of settings that have changed meanwhile. */
  looking = $state(false);
  /** Files that a look has come by so far. */
  found = $state(0);
  starting = $state(false);
  /** What was typed as a path: kept until an import of it has begun. */
  typed = $state('');

  readonly request = $derived<ImportRequest | null>(
    this.sources.length === 0 ? null : toRequest(this.sources, this.draft),
  );
  /** What the name would be if none is given. */
  readonly usualName = $derived(this.upload?.name ?? nameOf(this.sources[0] ?? ''));

  /** Nothing could be seen of it: another place is what is wanted, not other settings. */
  readonly failed = $derived(this.error !== null && this.preview === null && this.upload === null);

  #asked: AbortController | null = null;
  #rest: ReturnType<typeof setTimeout> | undefined;

  stage(sources: readonly string[], upload: Staging['upload'] = null): void {
    Object.assign(this, { sources, upload, preview: null, error: null });
    this.draft = { ...usual, name: '' };
  }

  /** Looks again at what the settings now give; what was asked for before is given up. */
  look(request: ImportRequest): void {
    clearTimeout(this.#rest);
    this.#asked?.abort();
    this.looking = true;
    this.#rest = setTimeout(() => void this.#fetch(request), this.preview === null ? 0 : restMilliseconds);
  }

  async #fetch(request: ImportRequest): Promise<void> {
    const asked = new AbortController();
    this.#asked = asked;
    this.found = 0;
    const onProgress = ({ done }: Progress) => {
      if (this.#asked === asked) this.found = done;
    };
    try {
      const preview = await service.previewImport(request, { signal: asked.signal, onProgress });
      if (this.#asked !== asked) return;
      Object.assign(this, { preview, error: null, looking: false });
    } catch (thrown) {
      if (this.#asked !== asked) return;
      Object.assign(this, { error: PinholeError.from(thrown), looking: false });
    }
  }

  /** Gives true where the import has begun. */
  async start(): Promise<boolean> {
    if (this.request === null) return false;
    this.starting = true;
    const request = { ...this.request, name: this.draft.name.trim() || this.usualName };
    const id = await attempt(() => service.startTask({ kind: 'import', request }));
    this.starting = false;
    if (id === undefined) return false;
    if (this.upload === null) remember(this.sources);
    this.typed = '';
    this.#leave();
    // Its first step is taken: above what was imported it would only be in the way.
    if (workspace.preferences?.guideSeen === false) void workspace.prefer({ guideSeen: true });
    return true;
  }

  /** Puts it away; what was uploaded for it is removed. */
  discard(): void {
    const { upload } = this;
    if (upload) void attempt(() => service.dropUpload(upload.id));
    this.#leave();
  }

  #leave(): void {
    clearTimeout(this.#rest);
    this.#asked?.abort();
    this.#asked = null;
    Object.assign(this, { sources: [], upload: null, preview: null, error: null, looking: false });
  }
}

function toRequest(sources: readonly string[], draft: Draft): ImportRequest {
  const { size, color, fit, background, validation, labels, testSource } = draft;
  return {
    ...{ sources: [...sources], size, color, fit, background, labels },
    validation: validation / 100,
    testSources: testSource.trim() === '' ? [] : [testSource.trim()],
  };
}

function remember(sources: readonly string[]): void {
  const known = workspace.preferences?.recentSources ?? [];
  const recentSources = [...sources, ...known.filter((source) => !sources.includes(source))].slice(0, mostRecent);
  void workspace.prefer({ recentSources });
}

/** The last part of a path, of whatever system. */
export function nameOf(path: string): string {
  return path.split(/[\\/]/).findLast((part) => part !== '') ?? path;
}

export const staging = new Staging();
