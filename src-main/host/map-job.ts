// The job process of maps: lays out the codes of a run and writes the map into the run's folder.
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { MapSettings } from '../contract/tasks.ts';
import { writeNpy } from '../files/npy.ts';
import { readCodes } from '../latent/encode.ts';
import { pcaLayout, umapLayout } from '../latent/map.ts';
import { runJob } from './job.ts';

export interface MapInput {
  codesFolder: string;
  /** float32 N×2. */
  file: string;
  settings: MapSettings;
}
export interface MapOutcome {
  explained: number | null;
}

runJob(async ({ codesFolder, file, settings }: MapInput, context): Promise<MapOutcome> => {
  const codes = await readCodes(codesFolder);
  const { xy, explained } = await (settings.method === 'pca' ? pcaLayout(codes) : umapLayout(codes, settings, context));
  await mkdir(dirname(file), { recursive: true });
  await writeNpy(file, xy, [xy.length / 2, 2]);
  return { explained };
});
