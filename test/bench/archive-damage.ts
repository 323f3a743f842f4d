// 10,000 random corruptions of an archive, seeded: no crash, no hang, nothing written outside, and how much was saved.
// node test/bench/archive-damage.ts [trials] [seed]
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decompress } from '../../src-main/archive/restore.ts';
import { drawSamples } from '../../src-main/dataset/samples.ts';
import { createService } from '../../src-main/host/service.ts';
import { createRandom } from '../../src-main/numerics/random.ts';
import { damageKinds, damageOnce, type Outcome } from '../archive/corruption.ts';

const [trials = 10_000, seed = 1] = process.argv.slice(2).map(Number);
const images = 40;
const root = mkdtempSync(join(tmpdir(), 'pinhole-damage-'));
try {
  const file = await makeArchive();
  const target = join(root, 'whole');
  await decompress({ file, folder: target, format: 'png', only: [], threads: 1 }, {});
  const names = globSync('**/*.png', { cwd: target });
  const whole = new Map(names.map((name) => [name, readFileSync(join(target, name))]));
  console.log(
    `${trials} corruptions of an archive of ${images} images, ${readFileSync(file).length} bytes, seed ${seed}`,
  );
  report(await damageMany(readFileSync(file), whole));
} finally {
  rmSync(root, { recursive: true, force: true });
}

/** With residuals for about half of the images and one block of codes. */
async function makeArchive(): Promise<string> {
  const source = join(root, 'images');
  await drawSamples({ count: images, size: 16, seed: 5 }, source);
  const service = await createService({ workspace: join(root, 'workspace'), command: 'archive-damage' });
  const { dataset } = await service.import({ sources: [source] });
  const training = { codeSize: 12, hidden: [16], epochs: 2, batchSize: 16, device: 'cpu' as const, threads: 1 };
  const { run } = await service.train(dataset.id, training);
  const file = join(root, 'images.pinhole');
  const goal = { kind: 'quality', quality: 90 } as const;
  await service.compress(run.id, { file, goal, maxError: 22, keepOriginals: false, compare: false });
  await service.close();
  return file;
}

async function damageMany(bytes: Buffer, whole: ReadonlyMap<string, Buffer>): Promise<Outcome[]> {
  const random = createRandom(seed);
  const outcomes: Outcome[] = [];
  for (let trial = 0; trial < trials; trial++) {
    const folder = mkdtempSync(join(root, 'trial-'));
    const outcome = await damageOnce(bytes, whole, random, folder);
    if (outcome.fault) console.log(`trial ${trial}, ${outcome.kind}: ${outcome.fault}`);
    outcomes.push(outcome);
    rmSync(folder, { recursive: true });
  }
  return outcomes;
}

function report(outcomes: readonly Outcome[]): void {
  for (const kind of [...damageKinds, 'all']) {
    const those = outcomes.filter((outcome) => kind === 'all' || outcome.kind === kind);
    if (those.length === 0) continue;
    const share = (count: number, of: number) => `${((100 * count) / of).toFixed(1)} %`;
    const sum = (figure: (outcome: Outcome) => number) => those.reduce((total, outcome) => total + figure(outcome), 0);
    const faults = sum(({ fault }) => Number(fault !== null));
    const silent = sum(({ told, saved, changed }) => Number(!told && (saved < images || changed > 0)));
    console.log(
      `${kind.padEnd(16)} ${String(those.length).padStart(6)}  saved ${share(
        sum(({ saved }) => saved),
        images * those.length,
      )}, told ${share(
        sum(({ told }) => Number(told)),
        those.length,
      )}, faults ${faults}, untold losses ${silent}`,
    );
  }
}
