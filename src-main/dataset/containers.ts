// Archives and arrays opened up: each member or slice becomes a candidate that says where its bytes lie.
import type { ImportFailure } from '../contract/records.ts';
import type { Candidate } from './tasks.ts';

/** Paths and labels are relative to the container; a failure with an empty path is about the container itself. */
export type Found = { candidate: Candidate } | { failure: ImportFailure };

export interface ContainerOptions {
  /** A folder for what must be unpacked before it can be read at any place. */
  spoolFolder: string;
  signal: AbortSignal | undefined;
}

// biome-ignore lint/correctness/useYield: filled below.
export async function* expandContainer(file: string, _options: ContainerOptions): AsyncGenerator<Found> {
  yield { failure: { path: '', code: 'format-unsupported', reason: file } };
}
