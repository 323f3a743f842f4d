// An executor whose device is taken for lost when it does not answer in time: a hung driver never says so itself.
import { PinholeError } from '../contract/errors.ts';
import type { Executor, Runner, Trainer } from './executor.ts';

/**
 * The same executor, whose work rejects with `device-lost` after `milliseconds` without an answer. Only waiting is watched: work
 * that blocks the thread is for another process to notice. What hangs is not waited for again when it is disposed.
 */
export function watchExecutor(executor: Executor, milliseconds: number): Executor {
  let hangs = false;

  async function inTime<T>(work: Promise<T>): Promise<T> {
    const { promise, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      hangs = true;
      reject(deviceHangs(executor.device.name, milliseconds));
    }, milliseconds);
    try {
      return await Promise.race([work, promise]);
    } finally {
      clearTimeout(timer);
    }
  }
  const disposeIn = (resource: { dispose(): Promise<void> }) => async () => {
    if (!hangs) await inTime(resource.dispose());
  };

  const watchRunner = (runner: Runner): Runner => ({
    run: (feeds) => inTime(runner.run(feeds)),
    dispose: disposeIn(runner),
  });
  const watchTrainer = (trainer: Trainer): Trainer => ({
    step: (...step) => inTime(trainer.step(...step)),
    takeLoss: () => inTime(trainer.takeLoss()),
    evaluator: async (graph) => watchRunner(await inTime(trainer.evaluator(graph))),
    read: () => inTime(trainer.read()),
    write: (values) => inTime(trainer.write(values)),
    dispose: disposeIn(trainer),
  });
  return {
    device: executor.device,
    compile: async (...graph) => watchRunner(await inTime(executor.compile(...graph))),
    train: async (...program) => watchTrainer(await inTime(executor.train(...program))),
    dispose: disposeIn(executor),
  };
}

export function deviceHangs(device: string, milliseconds: number): PinholeError {
  return new PinholeError(
    'device-lost',
    `${device} has not answered for ${milliseconds / 1000} seconds.`,
    'Update its driver, or train with --device cpu.',
  );
}
