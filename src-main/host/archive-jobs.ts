// Archives without a workspace: decoding runs in a job process of its own, which a damaged model can take down alone.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openArchive } from '../archive/archive-file.ts';
import { damagedArchive } from '../archive/bytes.ts';
import type { DecompressResult, RestoredFormat, VerifyResult } from '../contract/archive.ts';
import type { Context } from '../contract/records.ts';
import { startJob } from './job.ts';
import { createService } from './service.ts';
import type { JobInput } from './training-job.ts';

export { describeArchive } from '../archive/inspect.ts';

export function decompressArchive(
  input: { file: string; folder: string; format: RestoredFormat; only: readonly string[] },
  context: Context,
): Promise<DecompressResult> {
  return runJob({ kind: 'decompress', ...input }, context);
}

/** `against` is a folder, or whatever else can be imported; it is read in a workspace that is gone afterwards. */
export async function verifyArchive(file: string, against: string | null, context: Context): Promise<VerifyResult> {
  if (against === null) return runJob({ kind: 'verify', file, against: null }, context);
  const { manifest } = await openArchive(file);
  if (manifest === null) throw damagedArchive('a manifest, to bring the images to its size,', 'a damaged one', file);
  const workspace = await mkdtemp(join(tmpdir(), 'pinhole-verify-'));
  try {
    const service = await createService({ workspace, command: 'pinhole verify' }, context);
    try {
      const { preprocessing } = manifest;
      const { dataset } = await service.import({ sources: [against], preprocessing, validation: 0 }, context);
      return await runJob({ kind: 'verify', file, against: { workspace, datasetId: dataset.id } }, context);
    } finally {
      await service.close();
    }
  } finally {
    await rm(workspace, { recursive: true, force: true, maxRetries: 3 });
  }
}

function runJob<Result>(input: JobInput, context: Context): Promise<Result> {
  return startJob(new URL('./training-job.ts', import.meta.url), input, context);
}
