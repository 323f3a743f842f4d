// A device that does not answer is lost, and is not waited for again.
import { expect, test } from 'vitest';
import type { Executor, Runner, Trainer } from '../../src-main/engine/executor.ts';
import { watchExecutor } from '../../src-main/engine/watch.ts';

const never = () => new Promise<never>(() => {});
const device = { kind: 'webgpu', name: 'A GPU', software: false } as const;

function executor(trainer: Partial<Trainer>): Executor {
  const runner: Runner = { run: never, dispose: async () => {} };
  const idle: Trainer = {
    step: async () => {},
    takeLoss: async () => ({ sum: 1, steps: 1 }),
    evaluator: async () => runner,
    read: async () => new Map(),
    write: async () => {},
    dispose: async () => {},
  };
  return { device, compile: async () => runner, train: async () => ({ ...idle, ...trainer }), dispose: never };
}

const lost = {
  code: 'device-lost',
  message: 'A GPU has not answered for 0.05 seconds.',
  advice: 'Update its driver, or train with --device cpu.',
};

test.each([
  ['a step', (trainer: Trainer) => trainer.step({}, 0.1, 1), { step: never }],
  ['reading the loss', (trainer: Trainer) => trainer.takeLoss(), { takeLoss: never }],
  ['reading values', (trainer: Trainer) => trainer.read(), { read: never }],
  ['writing values', (trainer: Trainer) => trainer.write(new Map()), { write: never }],
] as const)('%s that does not end', async (_, act, broken) => {
  const watched = watchExecutor(executor(broken), 50);
  const trainer = await watched.train({} as never, new Map());
  await expect(act(trainer)).rejects.toMatchObject(lost);
  // Both would never end if they were asked.
  await trainer.dispose();
  await watched.dispose();
});

test('an evaluation and a forward run that do not end', async () => {
  const watched = watchExecutor(executor({}), 50);
  const evaluator = await (await watched.train({} as never, new Map())).evaluator({} as never);
  await expect(evaluator.run({})).rejects.toMatchObject(lost);
  const runner = await watchExecutor(executor({}), 50).compile({} as never);
  await expect(runner.run({})).rejects.toMatchObject(lost);
});

test('what answers passes through, and its errors as they are', async () => {
  const failing = async () => {
    throw new Error('internal: wrong shape');
  };
  const trainer = await watchExecutor(executor({ step: failing }), 50).train({} as never, new Map());
  expect(await trainer.takeLoss()).toEqual({ sum: 1, steps: 1 });
  await expect(trainer.step({}, 0.1, 1)).rejects.toThrow('internal: wrong shape');
});
