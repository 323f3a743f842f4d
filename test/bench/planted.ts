// Copies and strangers planted among photographs, and whether duplicates and outliers find them: precision and recall.
// node test/bench/planted.ts [photographs] [seconds of training]; PINHOLE_TEST_DATA as for the tests.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createService } from '../../src-main/host/service.ts';
import { plantedFolder, scoreDuplicates, scoreOutliers } from '../support/planted.ts';
import { photosFolder, resource } from '../support/resources.ts';

const [copied = 12, seconds = 60] = process.argv.slice(2).map(Number);
const { available, reason } = resource('photos');
if (!available) {
  console.log(`The photographs are not there: ${reason}`);
  process.exit(1);
}
const root = mkdtempSync(join(tmpdir(), 'pinhole-planted-'));
try {
  const { folder, groups, strangers } = await plantedFolder(photosFolder(), join(root, 'images'), copied);
  const service = await createService({ workspace: join(root, 'workspace'), command: 'planted' });
  const { dataset } = await service.import({ sources: [folder], size: 64, color: 'rgb' });
  console.log(
    `${dataset.count} images: ${groups.length} photographs with four copies each, ${strangers.length} strangers`,
  );
  for (const settings of [{ codeSize: 32 }, { codeSize: 32, preset: 'resconv' as const }]) {
    const { run } = await service.train(dataset.id, { ...settings, seconds, epochs: 100_000 });
    const found = await service.duplicates(run.id);
    const { precision, recall, missed, wrong } = scoreDuplicates(found, groups);
    console.log(`${run.preset}: duplicates in ${found.seconds.toFixed(1)} s, ${found.candidates} candidates`);
    console.log(`  pairs: precision ${precision.toFixed(3)}, recall ${recall.toFixed(3)}`);
    for (const [what, pairs] of [
      ['missed', missed],
      ['wrong', wrong],
    ] as const)
      for (const pair of pairs.slice(0, 12)) console.log(`    ${what}: ${pair}`);
    const kept = found.groups.filter(({ keep }) => groups.some(([original]) => original === keep.path)).length;
    console.log(`  the original is the one to keep in ${kept} of ${found.groups.length} groups`);
    const ranked = await service.outliers(run.id, dataset.count);
    const { first, ranks } = scoreOutliers(ranked, strangers);
    console.log(`  outliers: ${first} of ${strangers.length} strangers rank first; ranks ${ranks.join(', ')}`);
  }
  await service.close();
} finally {
  rmSync(root, { recursive: true, force: true, maxRetries: 5 });
}
