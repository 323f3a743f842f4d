import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readNpy } from '../../src-main/files/npy.ts';
import { openStepLog, readLoggedStep, readStepLog } from '../../src-main/training/step-log.ts';
import { temporaryFolder } from '../support/temporary.ts';

const shape = { dtype: '<f4', row: [3, 2], perStep: 2 } as const;
const rowsOf = (value: number) => new Float32Array(12).fill(value);

function filesIn(folder = temporaryFolder()) {
  return { array: join(folder, 'array.npy'), steps: join(folder, 'steps.jsonl') };
}

test('what was logged is read by step, and is a NumPy array all the while', async () => {
  const files = filesIn();
  const log = await openStepLog<{ step: number; share: number }>(files, shape, -1);
  for (const step of [0, 10, 20]) {
    await log.add({ step, share: step / 100 }, rowsOf(step));
    expect((await readNpy(files.array)).shape).toEqual([(step / 10 + 1) * 2, 3, 2]);
  }
  expect(await readStepLog(files)).toEqual([
    { step: 0, share: 0 },
    { step: 10, share: 0.1 },
    { step: 20, share: 0.2 },
  ]);
  expect(await readLoggedStep(files, 1, 2)).toEqual(rowsOf(10));
  log.close();
});

test('a step that comes again takes back what was logged from there on', async () => {
  const files = filesIn();
  const log = await openStepLog(files, shape, -1);
  for (const step of [0, 10, 20, 30]) await log.add({ step }, rowsOf(step));
  await log.add({ step: 20 }, rowsOf(-20));
  log.close();
  expect(await readStepLog(files)).toEqual([{ step: 0 }, { step: 10 }, { step: 20 }]);
  expect(await readLoggedStep(files, 2, 2)).toEqual(rowsOf(-20));
  expect((await readNpy(files.array)).shape).toEqual([6, 3, 2]);
});

test('opened again it goes on after the step that is named, or begins anew', async () => {
  const files = filesIn();
  const first = await openStepLog(files, shape, -1);
  for (const step of [0, 10, 20]) await first.add({ step }, rowsOf(step));
  first.close();
  const second = await openStepLog(files, shape, 10);
  await second.add({ step: 15 }, rowsOf(15));
  second.close();
  expect(await readStepLog(files)).toEqual([{ step: 0 }, { step: 10 }, { step: 15 }]);
  expect(await readLoggedStep(files, 2, 2)).toEqual(rowsOf(15));
  (await openStepLog(files, shape, -1)).close();
  expect(await readStepLog(files)).toEqual([]);
  expect((await readNpy(files.array)).shape).toEqual([0, 3, 2]);
});

test('an array that is shorter than its lines is called damaged', async () => {
  const files = filesIn();
  const log = await openStepLog(files, shape, -1);
  await log.add({ step: 0 }, rowsOf(0));
  log.close();
  const others = { ...filesIn(), steps: files.steps };
  await expect(openStepLog(others, shape, 0)).rejects.toMatchObject({ code: 'file-damaged' });
});
