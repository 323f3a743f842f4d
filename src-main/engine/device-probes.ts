// One report for each kind of device: name, driver, memory, and whether it computes what it should.
import { availableParallelism, totalmem } from 'node:os';
import type { DeviceReport } from '../contract/api.ts';
import type { DeviceKind } from './executor.ts';
import { createExecutor } from './executors.ts';
import { cardNamed, readGraphicsCards } from './graphics-cards.ts';
import { cpuName } from './onnx-runtime.ts';
import { type ProbeOutcome, probe } from './probe.ts';
import { selfTest, selfTestLimit } from './self-test.ts';
import { standInName, tensorflowHelp, tensorflowObstacle } from './tensorflow-library.ts';
import { explainVulkanFailure, isSoftwareDevice, readVulkanDevice } from './vulkan.ts';

/** In the order in which they are listed. */
export const deviceKinds: readonly DeviceKind[] = ['cpu', 'webgpu', 'tensorflow'];

/** Usable or not; a GPU is tried in a child process, where a crashing driver harms nobody. Throws `cancelled`. */
export function probeDevice(kind: DeviceKind, signal: AbortSignal | undefined): Promise<DeviceReport> {
  switch (kind) {
    case 'cpu':
      return probeCpu();
    case 'webgpu':
      return probeWebgpu(signal);
    case 'tensorflow':
      return probeTensorflow(signal);
    default:
      return kind satisfies never;
  }
}

async function probeCpu(): Promise<DeviceReport> {
  const executor = await createExecutor({ device: 'cpu' });
  try {
    const judged = verdict(await selfTest(executor));
    return { kind: 'cpu', name: cpuName(), software: false, driver: null, memory: totalmem(), ...judged };
  } finally {
    await executor.dispose();
  }
}

async function probeWebgpu(signal: AbortSignal | undefined): Promise<DeviceReport> {
  const outcome = await probe({ type: 'self-test', device: 'webgpu', threads: availableParallelism() }, signal);
  const identity = identify(outcome);
  const { reply, log } = outcome;
  if (reply.ok) return { kind: 'webgpu', ...identity, ...verdict(reply.result) };
  return { kind: 'webgpu', ...identity, ...unusable(explainVulkanFailure(log) ?? reply.error.message) };
}

type Identity = Pick<DeviceReport, 'name' | 'software' | 'driver' | 'memory'>;

/** Only Vulkan's loader says what it opened. Metal and Direct3D 12 keep their device's name from ONNX Runtime's users. */
function identify({ log, reply }: ProbeOutcome): Identity {
  const device = readVulkanDevice(log);
  if (!device && !reply.ok) return { name: 'no GPU', software: false, driver: null, memory: null };
  const interfaces: Partial<Record<NodeJS.Platform, string>> = { darwin: 'Metal', win32: 'Direct3D 12' };
  const name = device ? `${device.name} (Vulkan)` : `GPU (${interfaces[process.platform] ?? 'Vulkan'})`;
  const card = cardNamed(name, readGraphicsCards());
  const driver = card?.driver ?? device?.driver ?? null;
  return { name, software: isSoftwareDevice(name), driver, memory: card?.memory ?? null };
}

async function probeTensorflow(signal: AbortSignal | undefined): Promise<DeviceReport> {
  const card = readGraphicsCards().find(({ vendor }) => vendor === 'NVIDIA');
  const name = standInName() ?? (card?.name ? `TensorFlow, ${card.name}` : 'TensorFlow');
  const identity = { name, software: false, driver: card?.driver ?? null, memory: card?.memory ?? null };
  const obstacle = tensorflowObstacle();
  if (obstacle !== undefined)
    return { kind: 'tensorflow', ...identity, ...unusable(`${obstacle} ${tensorflowHelp.advice}`) };
  const task = { type: 'self-test', device: 'tensorflow', threads: availableParallelism() } as const;
  const { reply } = await probe(task, signal);
  if (reply.ok) return { kind: 'tensorflow', ...identity, ...verdict(reply.result) };
  return { kind: 'tensorflow', ...identity, ...unusable(`${reply.error.message} ${reply.error.advice}`.trim()) };
}

type Verdict = Pick<DeviceReport, 'usable' | 'reason' | 'selfTest'>;

function unusable(reason: string): Verdict {
  return { usable: false, reason, selfTest: null };
}

function verdict(difference: number): Verdict {
  const usable = difference <= selfTestLimit;
  const found = difference.toExponential(0);
  const reason = usable
    ? `Self-test passed: training steps differ from the reference by ${found} (limit ${selfTestLimit}).`
    : `Self-test failed: training steps differ from the reference by ${found} (limit ${selfTestLimit}).`;
  return { usable, reason, selfTest: Number.isFinite(difference) ? difference : null };
}
