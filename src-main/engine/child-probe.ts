// The child process in which a device is tried: a crashing driver or a hanging step ends this process and no other.
import { PinholeError } from '../contract/errors.ts';
import type { DeviceKind } from './executor.ts';
import { createExecutor } from './executors.ts';
import type { ProbeReply, ProbeTask } from './probe.ts';
import { selfTest } from './self-test.ts';
import { timeSteps } from './time-steps.ts';

process.once('message', async (task: ProbeTask) => {
  const reply = await work(task).catch(
    (error): ProbeReply => ({ ok: false, error: PinholeError.from(error).toJSON() }),
  );
  process.send!(reply, () => process.disconnect());
});

async function work(task: ProbeTask): Promise<ProbeReply> {
  if (task.type === 'self-test') return { ok: true, result: await onDevice(task.device, task.threads, selfTest) };
  const { program, values, feeds, limit } = task;
  const time = (executor: Parameters<typeof timeSteps>[0]) => timeSteps(executor, program, values, feeds, limit);
  return { ok: true, result: await onDevice(task.device, task.threads, time) };
}

async function onDevice<T>(
  device: DeviceKind,
  threads: number,
  use: (executor: Awaited<ReturnType<typeof createExecutor>>) => Promise<T>,
): Promise<T> {
  const executor = await createExecutor({ device, threads });
  try {
    return await use(executor);
  } finally {
    await executor.dispose();
  }
}
