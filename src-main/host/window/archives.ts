// Archives as screens write, open and unpack them. Where files may go is decided in access.ts and targets.ts.
import { statSync } from 'node:fs';
import * as v from 'valibot';
import type { Index } from '../../archive/description.ts';
import type { Service } from '../../contract/api.ts';
import type { ArchiveTable, ArchiveView, CompressionCurve } from '../../contract/archive.ts';
import { compressRequestSchema, extractRequestSchema } from '../../contract/tasks.ts';
import { expectApart, realPath } from '../../files/paths.ts';
import { ReadySessions } from '../session.ts';
import { expectAllowed, expectOut } from './access.ts';
import { packTexts } from './packed-texts.ts';
import type { Surroundings } from './parts.ts';
import { expectArchiveOut, lookAtTarget } from './targets.ts';

export type ArchivePart = Pick<
  Service,
  'compressAs' | 'extract' | 'makeCurve' | 'compressionCurve' | 'lookAtTarget' | 'openArchive' | 'archiveImages'
> & {
  /** Ends the archives that are kept ready. */
  closeArchives(): void;
};

export function archivePart(surroundings: Surroundings): ArchivePart {
  const { core, catalogue, topics, written } = surroundings;
  const archives = new ReadySessions<'archive-session'>();
  const curves = new Map<string, CompressionCurve>();
  topics.listen('workspace', ({ what }) => {
    // Images may have come or gone, and with them all that was measured.
    if (what.includes('datasets')) curves.clear();
  });
  return {
    async makeCurve(runId, options, context = {}) {
      const curve = await core.measureCurve(runId, options, context);
      curves.set(runId, curve);
      return curve;
    },
    compressionCurve: async (runId) => curves.get(runId) ?? null,
    async compressAs(request, context = {}) {
      const { runId, file, ...settings } = v.parse(compressRequestSchema, request);
      const target = expectArchiveOut(surroundings, file);
      const result = await core.compress(runId, { ...settings, file: target, compare: false }, {}, context);
      written.add(realPath(target));
      return result;
    },
    async extract(request, context = {}) {
      const { archive, folder, format, only } = v.parse(extractRequestSchema, request);
      const file = expectAllowed(surroundings, archive);
      const { decompressArchive } = await import('../archive-jobs.ts');
      return decompressArchive({ file, folder: expectExtractOut(surroundings, folder), format, only }, context);
    },
    lookAtTarget: (path, kind) =>
      lookAtTarget(surroundings, path, kind, (real) => kind === 'folder' && expectNoSource(surroundings, real)),
    async openArchive(path) {
      const file = expectAllowed(surroundings, path);
      // Loaded when first needed: the service starts sooner without.
      const { openArchive } = await import('../../archive/archive-file.ts');
      const { describeOpened } = await import('../../archive/inspect.ts');
      const archive = await openArchive(file);
      const description = await describeOpened(archive, false);
      const run = catalogue.listRuns().find(({ id }) => id === description.model?.run);
      return {
        description,
        table: archive.index && tableOf(archive.index),
        datasetId: run?.datasetId ?? null,
      } satisfies ArchiveView;
    },
    async archiveImages(path, rows) {
      const file = expectAllowed(surroundings, path);
      // Another file of the same name is another archive.
      const { mtimeMs, size } = statSync(file, { throwIfNoEntry: false }) ?? { mtimeMs: 0, size: 0 };
      const { lost, ...images } = await archives.ask(
        `${file} ${mtimeMs} ${size}`,
        () => ({ kind: 'archive-session', file }),
        Array.from(rows),
      );
      return { ids: rows, ...images, lost };
    },
    closeArchives: () => archives.close(),
  };
}

/** Throws `refused` as `expectOut` does, and `usage` where files of the same names would take the place of originals. */
export function expectExtractOut(surroundings: Surroundings, path: string): string {
  const real = expectOut(surroundings, path);
  expectNoSource(surroundings, real);
  return real;
}

function expectNoSource({ catalogue }: Surroundings, real: string): void {
  const advice = 'Choose another folder: images that come back would replace the originals.';
  expectApart(catalogue.listDatasets(), real, advice);
}

function tableOf(index: Index): ArchiveTable {
  const kept = new Uint8Array(index.paths.length);
  for (const [row] of index.residuals) kept[row] = 1;
  for (const [row] of index.originals) kept[row] = 2;
  return {
    ...packTexts(index.paths),
    labels: index.labels,
    label: Int32Array.from(index.label),
    width: Int32Array.from(index.widths),
    height: Int32Array.from(index.heights),
    psnr: Float32Array.from(index.psnr, (tenths) => (tenths === null ? Number.POSITIVE_INFINITY : tenths / 10)),
    kept,
  };
}
