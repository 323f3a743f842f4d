// The ablation command on drawn images, and the table that it prints.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/temporary.ts';
import { type Ablation, runAblation } from './ablation.ts';
import { type Figures, type Row, unitName } from './ablation-rows.ts';
import { formatAblation } from './ablation-table.ts';

test('rows are trained once, kept as files, and tell of every figure', async () => {
  const out = temporaryFolder();
  const wanted: Ablation = {
    ...{ data: 'samples', models: ['variational'], codes: [4], folds: 1, epochs: 1, device: 'cpu' },
    ...{ out, workspace: join(out, 'workspace') },
  };
  const said: string[] = [];
  const first = await runAblation(wanted, (line) => said.push(line));
  expect(said).toEqual(['samples-variational-4-fold1-epochs1, 1 of 1']);
  const figure = String.raw`\d[\d.]* \| `;
  expect(first).toMatch(new RegExp(`^\\| variational, 1 epoch, 1 of 5 folds \\| 4 \\| (${figure}){6}\\S`, 'm'));
  expect(first).toMatch(new RegExp(`^\\| PCA \\| 4 \\| (${figure}){4}– \\| – \\| – \\|$`, 'm'));
  expect(first).toMatch(
    /^- variational, 4 codes, fold 1: β 12, KL [\d.]+ nats, \d of 4 units active \(run variational-\w+\)$/m,
  );
  const [file] = readdirSync(join(out, 'rows'));
  expect(file).toBe('samples-variational-4-fold1-epochs1.json');
  const { mtimeMs } = statSync(join(out, 'rows', file!));
  said.length = 0;
  expect(await runAblation(wanted, (line) => said.push(line))).toBe(first);
  expect(said).toEqual([]);
  expect(statSync(join(out, 'rows', file!)).mtimeMs).toBe(mtimeMs);
}, 300_000);

const machine = { cpu: 'Some CPU (x64)', cores: 2, memory: '8.0 GiB', system: 'Debian 13, kernel 6.1', load: 0.5 };
const figures = (mse: number, knn: number | null = null): Figures => ({
  mse,
  psnr: -10 * Math.log10(mse),
  knn,
  probe: knn,
});

function row(changes: Partial<Row>): Row {
  return {
    ...{ data: 'mnist', model: 'recommended', codes: 16, fold: null, epochs: null, heldOutCount: 10_000 },
    ...{ figures: figures(0.007, 0.977), pca: figures(0.027, 0.975), meanImage: figures(0.0675) },
    ...{
      seconds: 173.4,
      processorSeconds: 300.6,
      trainedEpochs: 20,
      device: 'CPU',
      variational: null,
      run: 'r-1',
      machine,
    },
    ...changes,
  };
}

test('the table is in the order of code sizes and presets, with PCA and the mean image below each size', () => {
  const facts = { beta: 12, kl: 26.72, activeUnits: 15 };
  const table = formatAblation([
    row({ codes: 32 }),
    row({ model: 'variational', variational: facts, run: 'v-1', machine: { ...machine, load: 3 } }),
    row({ model: 'conv', processorSeconds: null }),
    row({}),
  ]);
  expect(
    table,
  ).toBe(`| model | codes | held-out MSE | PSNR, dB | kNN, % | linear probe, % | seconds | processor seconds | device |
|---|---|---|---|---|---|---|---|---|
| recommended | 16 | 0.00700 | 21.55 | 97.7 | 97.7 | 173 | 301 | CPU |
| conv | 16 | 0.00700 | 21.55 | 97.7 | 97.7 | 173 | – | CPU |
| variational | 16 | 0.00700 | 21.55 | 97.7 | 97.7 | 173 | 301 | CPU |
| PCA | 16 | 0.02700 | 15.69 | 97.5 | 97.5 | – | – | – |
| mean image | 16 | 0.06750 | 11.71 | – | – | – | – | – |
| recommended | 32 | 0.00700 | 21.55 | 97.7 | 97.7 | 173 | 301 | CPU |
| PCA | 32 | 0.02700 | 15.69 | 97.5 | 97.5 | – | – | – |
| mean image | 32 | 0.06750 | 11.71 | – | – | – | – | – |

- variational, 16 codes: β 12, KL 26.7 nats, 15 of 16 units active (run v-1)

Measured on Some CPU (x64), 2 cores, 8.0 GiB, Debian 13, kernel 6.1; load 0.5 to 3 when a row was done.`);
});

test('folds are averaged, and those that lack some say so', () => {
  const fold = (changes: Partial<Row>) => row({ data: 'photos', codes: 8, ...changes });
  const all = [1, 2, 3, 4, 5].map((number) => fold({ fold: number, figures: figures(0.01 * number) }));
  const table = formatAblation([...all, fold({ model: 'conv', fold: 1 }), fold({ model: 'conv', fold: 2 })]);
  expect(table).toContain('| recommended | 8 | 0.03000 |');
  expect(table).toContain('| conv, 2 of 5 folds | 8 | 0.00700 |');
});

test('a row is found again by what was asked for', () => {
  expect(unitName(row({}))).toBe('mnist-recommended-16');
  expect(unitName(row({ data: 'photos', fold: 3, epochs: 2 }))).toBe('photos-recommended-16-fold3-epochs2');
});
