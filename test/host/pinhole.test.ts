// The whole program as a person runs it: samples in, features out; interrupted, resumed, locked, killed.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { run, start, waitUntil } from '../support/processes.ts';
import { need, repository } from '../support/resources.ts';
import { temporaryFolder } from '../support/temporary.ts';

const launcher = join(repository, 'src-main/host/pinhole.mjs');
const images = join(temporaryFolder(), 'shapes');

function pinhole(workspace: string, ...words: string[]) {
  return start(process.execPath, [launcher, ...words], { env: { PINHOLE_WORKSPACE: workspace } });
}

const small = ['--size', '16', '--codes', '6', '--hidden', '32', '--device', 'cpu', '--threads', '1'];
const lastLine = (text: string) => JSON.parse(text.trimEnd().split('\n').at(-1)!);

/** Starts a training that would last for minutes, and waits until it is under way. */
async function startLongTraining(workspace: string, out: string) {
  const long = pinhole(workspace, 'reduce', images, ...small, '--epochs', '100000', '--out', out);
  await waitUntil(
    () => /Training [1-9]/.test(long.said.stderr) || long.child.exitCode !== null,
    'the training',
    60_000,
  );
  expect(long.said.stderr).toContain('Training');
  return long;
}

beforeAll(async () => {
  const { code } = await run(process.execPath, [launcher, 'samples', images, '--count', '96', '--size', '16']);
  expect(code).toBe(0);
});

test('reduce turns a folder of images into features', { timeout: 600_000 }, async () => {
  const [workspace, out] = [temporaryFolder(), join(temporaryFolder(), 'features')];
  const words = ['reduce', images, ...small, '--epochs', '2', '--out', out, '--json'];
  const { code, stdout, stderr } = await pinhole(workspace, ...words).ended;
  expect(stderr).not.toMatch(/^Error:/m);
  expect(code).toBe(0);
  expect(stdout.match(/\n/g)).toHaveLength(1);
  const result = lastLine(stdout);
  expect(result).toMatchObject({ images: 96, skipped: 0, size: 16, codes: 6, preset: 'recommended', epochs: 2 });
  for (const field of ['heldOutMse', 'pcaMse', 'meanImageMse', 'psnr', 'ssim', 'knn', 'pcaKnn', 'rawKnn']) {
    expect(result[field], field).toBeTypeOf('number');
  }
  expect(result.heldOutMse).toBeLessThanOrEqual(result.pcaMse * 1.0001);
  const names = ['features.csv', 'features.json', 'codes.npy', 'features.parquet', 'contact-sheet.png', 'loss.svg'];
  for (const name of [
    ...names,
    'model/encoder.onnx',
    'model/decoder.onnx',
    'model/model.safetensors',
    'model/model.json',
  ]) {
    expect(statSync(join(out, name)).size, name).toBeGreaterThan(0);
  }
  const [header, ...rows] = readFileSync(join(out, 'features.csv'), 'utf8').trimEnd().split(/\r?\n/);
  expect(header).toBe('image_id,path,label,split,width,height,sha256,mse,z000,z001,z002,z003,z004,z005');
  expect(rows).toHaveLength(96);

  const again = lastLine((await pinhole(workspace, ...words).ended).stdout);
  expect(again.run).toBe(result.run);
  expect(again.heldOutMse).toBe(result.heldOutMse);
});

describe('an interrupted training', () => {
  test('Ctrl-C exits with 130, says how to go on, and leaves a run to resume', {
    timeout: 600_000,
  }, async (context) => {
    need(context, 'signals');
    const [workspace, out] = [temporaryFolder(), temporaryFolder()];
    const long = await startLongTraining(workspace, out);
    const reader = await pinhole(workspace, 'info', '--json').ended;
    expect(lastLine(reader.stdout).runs).toMatchObject([{ state: 'running' }]);
    const second = await pinhole(workspace, 'train').ended;
    expect(second.code).toBe(4);
    expect(second.stderr).toContain(`"pinhole reduce ${images}`);
    long.child.kill('SIGINT');
    const { code, stderr } = await long.ended;
    expect(code).toBe(130);
    expect(stderr).toContain('Stopping. Press Ctrl-C again to end at once.');
    expect(stderr).toContain('Run the same');
    const { runs } = lastLine((await pinhole(workspace, 'info', '--json').ended).stdout);
    expect(runs).toMatchObject([{ state: 'interrupted' }]);
  });

  test('SIGKILL loses nothing that was written, and the lock is free again', { timeout: 600_000 }, async (context) => {
    need(context, 'signals');
    const [workspace, out] = [temporaryFolder(), temporaryFolder()];
    const long = await startLongTraining(workspace, out);
    long.child.kill('SIGKILL');
    await waitUntil(() => !existsSync(join(workspace, 'writer.json')), 'the orphan to end');
    const { datasets, runs } = lastLine((await pinhole(workspace, 'info', '--json').ended).stdout);
    expect(datasets).toMatchObject([{ state: 'ready', count: 96 }]);
    expect(runs).toMatchObject([{ state: 'interrupted' }]);
  });
});

test('an empty folder is named, with what was expected', async () => {
  const empty = temporaryFolder();
  const { code, stderr } = await pinhole(temporaryFolder(), 'import', empty).ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(/^Error: .+\n.+/m);
  expect(stderr).not.toContain('    at ');
});
