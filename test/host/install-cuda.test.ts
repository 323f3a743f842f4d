// What `npm run install:cuda` says where something is missing; nothing is ever fetched here.
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { checkPrerequisites } from '../../src-main/host/install-cuda.ts';
import { run } from '../support/processes.ts';

const script = fileURLToPath(new URL('../../src-main/host/install-cuda.ts', import.meta.url));

test('every prerequisite is named, with what was found or what to do', () => {
  const checks = checkPrerequisites();
  const names = ['system', '@tensorflow/tfjs-node-gpu', 'NVIDIA driver', 'CUDA 11', 'cuDNN 8'];
  expect(checks.map(({ name }) => name)).toEqual(names);
  for (const { detail } of checks) expect(detail).not.toBe('');
});

test('where something is missing nothing is fetched, and it is said honestly what CUDA is for', async () => {
  // Without a search path there is no nvidia-smi, whatever the machine has.
  const { code, stdout } = await run(process.execPath, ['--disable-warning=ExperimentalWarning', script], {
    env: { PATH: '' },
  });
  expect(code).toBe(1);
  expect(stdout).toMatch(/^missing {2}NVIDIA driver: no nvidia-smi/m);
  expect(stdout).toContain('neither needs CUDA');
  expect(stdout).toContain('not part of it yet');
  expect(stdout).toContain('Nothing was fetched');
});
