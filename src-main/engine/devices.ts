// Which devices are there, whether they compute correctly, and which one trains a given program fastest.
import { availableParallelism } from 'node:os';
import type { Feeds } from '../compiler/graph.ts';
import type { TrainingProgram } from '../compiler/training-step.ts';
import type { DeviceReport } from '../contract/api.ts';
import { PinholeError } from '../contract/errors.ts';
import type { Context } from '../contract/records.ts';
import type { DeviceKind, Executor } from './executor.ts';
import { createExecutor } from './executors.ts';
import { cpuName } from './onnx-runtime.ts';
import { type ProbeOutcome, probe } from './probe.ts';
import { selfTest, selfTestLimit } from './self-test.ts';
import { explainVulkanFailure, isSoftwareDevice, readVulkanDevice } from './vulkan.ts';

export interface DeviceRequest {
  readonly requested: 'auto' | DeviceKind;
  /** For the CPU, and for what a GPU leaves to it. */
  readonly threads: number;
  /** What is to be trained: devices are timed on it. */
  readonly program: TrainingProgram;
  /** Stand-ins of the right shapes will do. */
  readonly values: ReadonlyMap<string, Float32Array>;
  readonly feeds: Feeds;
  readonly context: Context;
}

export interface DeviceChoice {
  readonly executor: Executor;
  /** Why this device, in words. */
  readonly reason: string;
}

/** What devices are timed on for comparison. */
export type Workload = Pick<DeviceRequest, 'program' | 'values' | 'feeds' | 'threads'>;

/** Of timing one device; starting its process and compiling its shaders may take longer. */
const timingMilliseconds = 1500;

/**
 * Every kind of device, usable or not, and how fast those that are usable do the work. The GPU is tried in a child
 * process: a crashing driver harms nobody.
 */
export async function probeDevices(context: Context = {}, workload?: Workload): Promise<DeviceReport[]> {
  const reports = [await probeCpu(), await probeWebgpu(context.signal)];
  if (workload === undefined) return reports;
  const timed: DeviceReport[] = [];
  // One after the other: together they would slow each other down.
  for (const report of reports) timed.push({ ...report, ...(await rate(report, workload, context.signal)) });
  return timed;
}

async function rate(
  { kind, usable, software }: DeviceReport,
  workload: Workload,
  signal: AbortSignal | undefined,
): Promise<Pick<DeviceReport, 'stepsPerSecond' | 'unmeasured'>> {
  if (!usable) return { stepsPerSecond: null };
  if (software) {
    const reason = 'It was not timed: a GPU emulated in software is slower than the CPU that does the work.';
    return { stepsPerSecond: null, unmeasured: reason };
  }
  const device = kind as DeviceKind;
  const { reply } = await probe({ type: 'time', device, limit: timingMilliseconds, ...workload }, signal);
  if (reply.ok) return { stepsPerSecond: 1000 / reply.result };
  const reason = `It could not be timed: ${reply.error.message}`;
  return { stepsPerSecond: null, unmeasured: reason };
}

/**
 * `auto` takes the fastest of the devices that passed the self-test, and never a software GPU. A device asked for by
 * name is taken if it works at all, software included, with a notice. Throws `device-unavailable` or `cancelled`.
 */
export async function chooseDevice(request: DeviceRequest): Promise<DeviceChoice> {
  const { requested, context } = request;
  if (requested === 'cpu') return cpuChoice(request, 'The CPU, as asked.');
  const gpu = await probeWebgpu(context.signal);
  if (requested === 'webgpu') return askedForGpu(request, gpu);
  if (!gpu.usable) return cpuChoice(request, `The CPU: there is no usable GPU. ${gpu.reason}`);
  if (gpu.software) return cpuChoice(request, `The CPU: ${gpu.name} is a GPU emulated in software.`);
  return fastest(request, gpu);
}

function askedForGpu(request: DeviceRequest, gpu: DeviceReport): DeviceChoice | Promise<DeviceChoice> {
  if (!gpu.usable) {
    throw new PinholeError(
      'device-unavailable',
      `WebGPU cannot be used here. ${gpu.reason}`,
      'Use --device cpu or --device auto.',
    );
  }
  if (gpu.software) {
    request.context.onNotice?.({
      level: 'warning',
      message: `${gpu.name} is a GPU emulated on the CPU, which is much slower than the CPU itself.`,
      advice: 'Use --device auto to take what is fastest.',
    });
  }
  return gpuChoice(request, gpu, `${gpu.name}, as asked.`);
}

async function fastest(request: DeviceRequest, gpu: DeviceReport): Promise<DeviceChoice> {
  const [onGpu, onCpu] = [await time(request, 'webgpu'), await time(request, 'cpu')];
  if (!onGpu.ok) {
    const message = `${gpu.name} passed its self-test but failed on this model: ${onGpu.error.message}`;
    request.context.onNotice?.({ level: 'warning', message, advice: onGpu.error.advice });
    return cpuChoice(request, `The CPU: ${message}`);
  }
  if (!onCpu.ok) throw PinholeError.fromJSON(onCpu.error);
  const cpu = cpuName(request.threads);
  const each = (milliseconds: number) => `${milliseconds.toPrecision(3)} ms a step`;
  return onGpu.result < onCpu.result
    ? gpuChoice(request, gpu, `${gpu.name}: ${each(onGpu.result)}; ${cpu}: ${each(onCpu.result)}.`)
    : cpuChoice(request, `${cpu}: ${each(onCpu.result)}; ${gpu.name}: ${each(onGpu.result)}.`);
}

async function time({ threads, program, values, feeds, context }: DeviceRequest, device: DeviceKind) {
  return (await probe({ type: 'time', device, threads, program, values, feeds }, context.signal)).reply;
}

async function cpuChoice({ threads, context }: DeviceRequest, reason: string): Promise<DeviceChoice> {
  const onNotice = (message: string) => context.onNotice?.({ level: 'info', message });
  return { executor: await createExecutor({ device: 'cpu', threads, onNotice }), reason };
}

async function gpuChoice({ threads }: DeviceRequest, identity: DeviceReport, reason: string): Promise<DeviceChoice> {
  return { executor: await createExecutor({ device: 'webgpu', threads, identity }), reason };
}

async function probeCpu(): Promise<DeviceReport> {
  const executor = await createExecutor({ device: 'cpu' });
  try {
    return { kind: 'cpu', name: cpuName(), software: false, ...verdict(await selfTest(executor)) };
  } finally {
    await executor.dispose();
  }
}

async function probeWebgpu(signal: AbortSignal | undefined): Promise<DeviceReport> {
  const outcome = await probe({ type: 'self-test', device: 'webgpu', threads: availableParallelism() }, signal);
  const identity = identify(outcome);
  const { reply, log } = outcome;
  if (reply.ok) return { kind: 'webgpu', ...identity, ...verdict(reply.result) };
  return { kind: 'webgpu', ...identity, usable: false, reason: explainVulkanFailure(log) ?? reply.error.message };
}

/** Only Vulkan's loader says what it opened. Metal and Direct3D 12 keep their device's name from ONNX Runtime's users. */
function identify({ log, reply }: ProbeOutcome): { name: string; software: boolean } {
  const device = readVulkanDevice(log);
  if (device) return { name: `${device.name} (Vulkan)`, software: isSoftwareDevice(device.name) };
  if (!reply.ok) return { name: 'no GPU', software: false };
  const interfaces: Partial<Record<NodeJS.Platform, string>> = { darwin: 'Metal', win32: 'Direct3D 12' };
  return { name: `GPU (${interfaces[process.platform] ?? 'Vulkan'})`, software: false };
}

function verdict(difference: number): Pick<DeviceReport, 'usable' | 'reason'> {
  const usable = difference <= selfTestLimit;
  const found = difference.toExponential(0);
  const reason = usable
    ? `Self-test passed: training steps differ from the reference by ${found} (limit ${selfTestLimit}).`
    : `Self-test failed: training steps differ from the reference by ${found} (limit ${selfTestLimit}).`;
  return { usable, reason };
}
