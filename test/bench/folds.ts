// Cross-validation from the command line: one `pinhole reduce --fold i/n` after another, and the errors in one table.
// Usage: npm run folds -- SOURCE… [--folds 5] [options of reduce]. The fold is measured on only; it chooses nothing.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface FoldResult {
  heldOutMse: number;
  pcaMse: number;
  meanImageMse: number;
  heldOutCount: number;
  epochs: number;
  trainSeconds: number;
}

const { folds, options } = parse(process.argv.slice(2));
const folder = mkdtempSync(join(tmpdir(), 'pinhole-folds-'));
const results: FoldResult[] = [];
console.log('fold  images      model        PCA  model/PCA  mean image  epochs  seconds');
try {
  for (let fold = 1; fold <= folds; fold++) {
    const result = reduce(fold);
    results.push(result);
    print(String(fold), result);
  }
  print('mean', mean(results));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function parse(words: string[]): { folds: number; options: string[] } {
  const at = words.indexOf('--folds');
  if (at < 0) return { folds: 5, options: words };
  return { folds: Number(words[at + 1]), options: words.toSpliced(at, 2) };
}

function reduce(fold: number): FoldResult {
  const cli = fileURLToPath(new URL('../../src-main/host/cli.ts', import.meta.url));
  const fixed = ['--fold', `${fold}/${folds}`, '--workspace', join(folder, 'workspace'), '--out', join(folder, 'out')];
  const words = ['--disable-warning=ExperimentalWarning', cli, 'reduce', ...options, ...fixed, '--json'];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (status !== 0) throw new Error(`Fold ${fold} ended with exit code ${status}:\n${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as FoldResult;
}

function mean(all: FoldResult[]): FoldResult {
  const keys = Object.keys(all[0]!) as (keyof FoldResult)[];
  const average = (key: keyof FoldResult) => all.reduce((sum, result) => sum + Number(result[key]), 0) / all.length;
  return Object.fromEntries(keys.map((key) => [key, average(key)])) as unknown as FoldResult;
}

function print(
  name: string,
  { heldOutCount, heldOutMse, pcaMse, meanImageMse, epochs, trainSeconds }: FoldResult,
): void {
  const cells = [
    name.padEnd(4),
    heldOutCount.toFixed(0).padStart(6),
    heldOutMse.toFixed(6).padStart(9),
    pcaMse.toFixed(6).padStart(9),
    (heldOutMse / pcaMse).toFixed(4).padStart(9),
    meanImageMse.toFixed(5).padStart(10),
    epochs.toFixed(0).padStart(6),
    trainSeconds.toFixed(0).padStart(7),
  ];
  console.log(cells.join('  '));
}
