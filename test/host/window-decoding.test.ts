// What a run's model makes of codes: as it makes of images, along a walk, from its prior; and sheets of that in files.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Service } from '../../src-main/contract/api.ts';
import type { TrainingRequest } from '../../src-main/contract/settings.ts';
import type { Task, TaskRequest } from '../../src-main/contract/tasks.ts';
import { createWindowService } from '../../src-main/host/window-service.ts';
import { temporaryFolder } from '../support/temporary.ts';

vi.setConfig({ testTimeout: 600_000 });

const folder = temporaryFolder();
const presets = ['recommended', 'variational', 'fsq', 'vq'] as const;
const runs = new Map<(typeof presets)[number], string>();
let service: Service;

beforeAll(async () => {
  service = await createWindowService({ workspace: join(folder, 'workspace'), command: 'test', roots: [folder] });
  await perform({ kind: 'samples', count: 60 });
  const [dataset] = await service.datasets();
  for (const preset of presets) {
    const request: TrainingRequest = { preset, epochs: 1, codeSize: 6, hidden: [16] };
    runs.set(preset, (await perform({ kind: 'train', datasetId: dataset!.id, request })).runId!);
  }
}, 600_000);
afterAll(() => service.close());

async function perform(request: TaskRequest): Promise<Task> {
  const id = await service.startTask(request);
  const ended = await new Promise<Task>((resolve) => {
    const stop = service.subscribe('tasks', (tasks) => {
      const task = tasks.find((one) => one.id === id);
      if (task?.ended == null) return;
      queueMicrotask(() => stop());
      resolve(task);
    });
  });
  expect(ended.error).toBeNull();
  return ended;
}

/** The largest difference of two pictures in grey values. */
const difference = (one: Uint8Array, other: Uint8Array) =>
  one.reduce((most, value, index) => Math.max(most, Math.abs(value - other[index]!)), 0);

describe.each(presets)('a model of %s', (preset) => {
  const ids = Int32Array.of(4, 17, 30);

  test('makes the reconstruction of an image from its own code', async () => {
    const runId = runs.get(preset)!;
    const [rebuilt, { codes }] = [await service.reconstructions(runId, ids), await service.codeRows(runId, ids)];
    const decoded = await service.decodeCodes(runId, codes);
    expect(decoded).toMatchObject({ height: rebuilt.height, width: rebuilt.width, channels: rebuilt.channels });
    expect(decoded.ids).toHaveLength(3);
    expect(decoded.data).toHaveLength(rebuilt.data.length);
    // Sums of other blocks of images are rounded elsewhere.
    expect(difference(decoded.data, rebuilt.data)).toBeLessThanOrEqual(1);
  });

  test('walks from one image to another', async () => {
    const runId = runs.get(preset)!;
    const ends = await service.reconstructions(runId, Int32Array.of(30, 4));
    const walk = await service.decodeWalk(runId, 30, 4, 7);
    const size = walk.height * walk.width * walk.channels;
    expect(walk.data).toHaveLength(7 * size);
    expect(difference(walk.data.subarray(0, size), ends.data.subarray(0, size))).toBeLessThanOrEqual(1);
    expect(difference(walk.data.subarray(6 * size), ends.data.subarray(size))).toBeLessThanOrEqual(1);
    await expect(service.decodeWalk(runId, 30, 5000, 7)).rejects.toMatchObject({
      code: 'not-found',
      message: `The run ${runId} has no codes of the image 5000.`,
    });
  });

  test('refuses codes that it cannot have, and answers the next question', async () => {
    const runId = runs.get(preset)!;
    for (const length of [0, 7, 6 * 257]) {
      await expect(service.decodeCodes(runId, new Float32Array(length))).rejects.toMatchObject({
        code: 'usage',
        message: `Expected 1 to 256 codes of 6 values for this model, received ${length} values.`,
      });
    }
    if (preset === 'fsq' || preset === 'vq') {
      const between = Float32Array.of(0, 0, 0.5, 0, 0, 0);
      await expect(service.decodeCodes(runId, between)).rejects.toMatchObject({
        message: expect.stringMatching(/^Expected whole numbers from 0 to \d+ .* received 0.5 as number 2 of row 0/),
      });
    }
    expect((await service.decodeCodes(runId, new Float32Array(6 * 256))).ids).toHaveLength(256);
  });

  test('says what its codes are, and how far they reach', async () => {
    const runId = runs.get(preset)!;
    const facts = await service.codeFacts(runId);
    const kind = { recommended: 'continuous', variational: 'continuous', fsq: 'levels', vq: 'entries' }[preset];
    expect(facts).toMatchObject({ codeSize: 6, kind, preset, prior: preset === 'variational' });
    expect(facts.levels === null).toBe(kind === 'continuous');
    for (let unit = 0; unit < 6; unit++) {
      const column = (await service.codeColumn(runId, unit)).sort();
      expect([facts.low[unit], facts.high[unit]]).toEqual([column[0], column[59]]);
      const mean = column.reduce((sum, value) => sum + value, 0) / 60;
      const variance = column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 60;
      expect(facts.deviation[unit]).toBeCloseTo(Math.sqrt(variance), 4);
    }
  });

  test('samples follow from the seed, where there is a prior', async () => {
    const runId = runs.get(preset)!;
    if (preset !== 'variational') {
      await expect(service.decodeSamples(runId, 3, 1)).rejects.toMatchObject({
        code: 'usage',
        message: `A model of the preset ${preset} cannot draw new images: nothing says how its codes are distributed.`,
      });
      return;
    }
    const samples = await service.decodeSamples(runId, 3, 1);
    expect(samples.ids).toHaveLength(3);
    expect(await service.decodeSamples(runId, 3, 1)).toEqual(samples);
    expect((await service.decodeSamples(runId, 3, 2)).data).not.toEqual(samples.data);
  });

  test('a mean of codes, where codes have one', async () => {
    const runId = runs.get(preset)!;
    if (preset === 'vq') {
      await expect(service.meanCode(runId, ids)).rejects.toMatchObject({
        message: 'The codes of this model are entries of a codebook, which have no mean.',
      });
      return;
    }
    const { codes } = await service.codeRows(runId, ids);
    const mean = await service.meanCode(runId, ids);
    for (let unit = 0; unit < 6; unit++)
      expect(mean[unit]).toBeCloseTo((codes[unit]! + codes[6 + unit]! + codes[12 + unit]!) / 3, 5);
    await expect(service.meanCode(runId, Int32Array.of(5000))).rejects.toMatchObject({
      message: `The run ${runId} has codes of none of these images.`,
    });
  });
});

describe('a sheet', () => {
  const images = {
    height: 2,
    width: 3,
    channels: 1 as const,
    data: Uint8Array.from({ length: 18 }, (_, at) => 10 * at),
  };

  test('has the pixels of its images, enlarged, and replaces no file', async () => {
    const out = join(folder, 'sheets');
    const file = await service.saveSheet({ out, name: 'walk', images, columns: 2 });
    expect(file).toBe(join(out, 'walk.png'));
    const { data, info } = await sharp(file).toColourspace('b-w').raw().toBuffer({ resolveWithObject: true });
    // 64 pixels wide, about: 21 for each of three.
    expect([info.width, info.height]).toEqual([2 * 63 + 4, 2 * 42 + 4]);
    const grey = (image: number, x: number, y: number) =>
      data[((Math.floor(image / 2) * 46 + 21 * y + 10) * info.width + (image % 2) * 67 + 21 * x + 10) * info.channels];
    for (let pixel = 0; pixel < 18; pixel++)
      expect(grey(Math.floor(pixel / 6), pixel % 3, Math.floor(pixel / 3) % 2)).toBe(10 * pixel);
    const before = readFileSync(file);
    expect(await service.saveSheet({ out, name: 'walk', images, columns: 3 })).toBe(join(out, 'walk-2.png'));
    expect(readFileSync(file)).toEqual(before);
    const { size } = await service.download(file, 0);
    expect(size).toBe(before.length);
  });

  test('goes only where windows may write', async () => {
    await expect(service.saveSheet({ out: '/etc', name: 'walk', images, columns: 2 })).rejects.toMatchObject({
      code: 'refused',
    });
    expect(existsSync('/etc/walk.png')).toBe(false);
  });
});
