// What TensorBoard is given of a run, beside what tensorboard.test.ts reads field by field.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { EpochMetrics } from '../../src-main/contract/records.ts';
import { createEventLog } from '../../src-main/training/event-log.ts';
import { temporaryFolder } from '../support/temporary.ts';

const image = { height: 2, width: 2, channels: 1 };
const images = { dtype: 'uint8', shape: [1, 2, 2, 1], data: Uint8Array.of(1, 2, 3, 4) } as const;
const metrics: EpochMetrics = {
  epoch: 1,
  step: 5,
  trainLoss: 0.1,
  validationMse: 0.2,
  learningRate: 0.01,
  imagesPerSecond: 100,
  seconds: 1,
};

async function logged(extra: Partial<EpochMetrics>): Promise<string> {
  const folder = temporaryFolder();
  const log = await createEventLog(folder, images, image, null);
  await log.write({ ...metrics, ...extra }, images);
  await log.close();
  const validation = join(folder, 'validation');
  return readdirSync(validation)
    .map((name) => readFileSync(join(validation, name), 'latin1'))
    .join('');
}

test('figures of the code are logged where a model has them', async () => {
  const text = await logged({ kl: 30, activeUnits: 15, deadUnits: 0, codebookUse: { share: 0.5, perplexity: 9 } });
  for (const name of ['kl', 'active_units', 'dead_units', 'share_used', 'perplexity']) {
    expect(text).toContain(`code/${name}`);
  }
  expect(await logged({})).not.toContain('code/');
});
