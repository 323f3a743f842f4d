// `npm run bench:memory`: a whole training run on MNIST, and what its process holds in memory as the steps go by. Asserts nothing.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command as Arguments } from 'commander';
import { parse } from 'valibot';
import { trainingSettingsSchema } from '../../src-main/contract/settings.ts';
import { planTraining } from '../../src-main/training/presets.ts';
import { train } from '../../src-main/training/train.ts';
import { benchPlace, prepareData } from './data.ts';
import { describeMachine } from './machine.ts';
import { pixelDataset } from './peers/pixel-dataset.ts';

interface Options {
  preset: string;
  steps: string;
}

const rows = 10;

async function main({ preset, steps: wanted }: Options): Promise<void> {
  const steps = Number.parseInt(wanted, 10);
  const { place, pixels } = await prepareData(benchPlace(), true);
  if (pixels === null) throw new Error('The MNIST IDX files are not there');
  const dataset = pixelDataset(join(place.here, pixels));
  const trainCount = dataset.split('train').length;
  const { batchSize } = planTraining(parse(trainingSettingsSchema, { preset }), dataset.info, trainCount);
  const epochs = Math.ceil(steps / Math.floor(trainCount / batchSize));
  const settings = parse(trainingSettingsSchema, { preset, epochs, device: 'cpu', checkpointSeconds: 10 });
  const { cpu, memory } = describeMachine();
  console.log(
    `${cpu}, ${memory}; ${preset}, batch ${batchSize}, ${epochs} epochs, evaluations and checkpoints included`,
  );
  console.log(cells('step', 'resident', 'heap', 'external', 'array buffers'));
  const folder = await mkdtemp(join(tmpdir(), 'pinhole-memory-'));
  let next = 0;
  try {
    await train({ runId: 'memory', folder, dataset, settings, resume: false }, { onProgress });
  } finally {
    await rm(folder, { recursive: true });
    dataset.close();
  }

  function onProgress({ stage, done }: { stage: string; done: number }): void {
    if (stage !== 'train' || done < next) return;
    next = Math.floor(done / (steps / rows) + 1) * (steps / rows);
    const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
    console.log(cells(String(done), ...[rss, heapUsed, external, arrayBuffers].map(mebibytes)));
  }
}

const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;

function cells(...texts: string[]): string {
  return texts.map((text) => text.padStart(14)).join('');
}

const program = new Arguments('bench:memory')
  .description('What the process of a training run holds in memory, ten times over the run.')
  .option('--preset <name>', 'which preset trains on MNIST', 'agarap2019')
  .option('--steps <number>', 'steps in all, rounded up to whole epochs', '10000')
  .parse();
await main(program.opts<Options>());
