// Which devices are there, how fast they train a given program, and which one is taken for it and why.
import type { Feeds } from '../compiler/graph.ts';
import type { TrainingProgram } from '../compiler/training-step.ts';
import type { DeviceReport } from '../contract/api.ts';
import { PinholeError } from '../contract/errors.ts';
import type { Context } from '../contract/records.ts';
import { deviceKinds, probeDevice } from './device-probes.ts';
import type { DeviceKind, Executor } from './executor.ts';
import { createExecutor } from './executors.ts';
import { cpuName } from './onnx-runtime.ts';
import { probe } from './probe.ts';

export interface DeviceRequest {
  readonly requested: 'auto' | DeviceKind;
  /** Kinds that failed in this run: taken only if nothing else is left, and never for being asked for. */
  readonly lost?: readonly DeviceKind[];
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
export interface Workload extends Pick<DeviceRequest, 'program' | 'values' | 'feeds' | 'threads'> {
  /** The model and its images, in words. */
  readonly name: string;
}

/** Of timing one device; starting its process and compiling its shaders may take longer. */
const timingMilliseconds = 1500;

/** Every kind of device, usable or not, and how fast those that are usable do the work. Throws `cancelled`. */
export async function probeDevices(context: Context = {}, workload?: Workload): Promise<DeviceReport[]> {
  const reports: DeviceReport[] = [];
  // One after the other: together they would slow each other down.
  for (const kind of deviceKinds) reports.push(await probeDevice(kind, context.signal));
  if (workload === undefined) return reports;
  const timed: DeviceReport[] = [];
  for (const report of reports) timed.push({ ...report, ...(await rate(report, workload, context.signal)) });
  return timed;
}

type Rate = Pick<DeviceReport, 'stepsPerSecond' | 'imagesPerSecond' | 'measuredOn' | 'unmeasured'>;

async function rate(
  { kind, usable, software }: DeviceReport,
  workload: Workload,
  signal: AbortSignal | undefined,
): Promise<Rate> {
  const none = { stepsPerSecond: null, imagesPerSecond: null };
  if (!usable) return none;
  if (software) {
    const reason = 'It was not timed: a GPU emulated in software is slower than the CPU that does the work.';
    return { ...none, unmeasured: reason };
  }
  const { program, values, feeds, threads, name } = workload;
  const task = { type: 'time', device: kind as DeviceKind, limit: timingMilliseconds, threads } as const;
  const { reply } = await probe({ ...task, program, values, feeds }, signal);
  if (reply.ok) {
    const stepsPerSecond = 1000 / reply.result;
    return { stepsPerSecond, imagesPerSecond: stepsPerSecond * program.batchSize, measuredOn: name };
  }
  const reason = `It could not be timed: ${reply.error.message}`;
  return { ...none, unmeasured: reason };
}

/**
 * `auto` takes the fastest of the devices that passed the self-test, and never a software GPU. A device asked for by
 * name is taken if it works at all, software included, with a notice, unless it was lost in this run: then it is as if
 * `auto` had been asked for. Throws `device-unavailable` or `cancelled`.
 */
export async function chooseDevice(request: DeviceRequest): Promise<DeviceChoice> {
  const { requested, lost = [] } = request;
  if (requested === 'auto' || lost.includes(requested)) return chooseFastest(request);
  return requested === 'cpu' ? cpuChoice(request, 'The CPU, as asked.') : chooseAsked(request, requested);
}

async function chooseAsked(request: DeviceRequest, kind: 'webgpu' | 'tensorflow'): Promise<DeviceChoice> {
  const device = await probeDevice(kind, request.context.signal);
  if (!device.usable) {
    const name = kind === 'webgpu' ? 'WebGPU' : 'TensorFlow';
    throw new PinholeError(
      'device-unavailable',
      `${name} cannot be used here. ${device.reason}`,
      'Use --device cpu or --device auto.',
    );
  }
  if (device.software) {
    request.context.onNotice?.({
      level: 'warning',
      message: `${device.name} is a GPU emulated on the CPU, which is much slower than the CPU itself.`,
      advice: 'Use --device auto to take what is fastest.',
    });
  }
  return choice(request, device, `${device.name}, as asked.`);
}

async function chooseFastest(request: DeviceRequest): Promise<DeviceChoice> {
  const { lost = [], context } = request;
  const reports: DeviceReport[] = [];
  for (const kind of deviceKinds) {
    if (kind !== 'cpu' && !lost.includes(kind)) reports.push(await probeDevice(kind, context.signal));
  }
  const candidates = reports.filter(({ usable, software }) => usable && !software);
  if (candidates.length === 0) return cpuChoice(request, whyNoGpu(reports));
  return fastest(request, candidates);
}

/** Of a machine's GPU it is WebGPU that tells most: every vendor's would do. */
function whyNoGpu(reports: readonly DeviceReport[]): string {
  const [first] = reports;
  const emulated = reports.find(({ software }) => software);
  let reason = 'The CPU: no other device is left.';
  if (emulated) reason = `The CPU: ${emulated.name} is a GPU emulated in software.`;
  else if (first) reason = `The CPU: there is no usable GPU. ${first.reason}`;
  return reason;
}

async function fastest(request: DeviceRequest, candidates: readonly DeviceReport[]): Promise<DeviceChoice> {
  const cpu = { kind: 'cpu', name: cpuName(request.threads), software: false };
  const timed: { device: Pick<DeviceReport, 'kind' | 'name' | 'software'>; milliseconds: number }[] = [];
  const failures: string[] = [];
  for (const device of [...candidates, cpu]) {
    const reply = await time(request, device.kind as DeviceKind);
    if (reply.ok) timed.push({ device, milliseconds: reply.result });
    else if (device === cpu) throw PinholeError.fromJSON(reply.error);
    else {
      const message = `${device.name} passed its self-test but failed on this model: ${reply.error.message}`;
      request.context.onNotice?.({ level: 'warning', message, advice: reply.error.advice });
      failures.push(message);
    }
  }
  timed.sort((a, b) => a.milliseconds - b.milliseconds);
  const best = timed[0]!.device;
  if (timed.length === 1) return cpuChoice(request, `The CPU: ${failures.join(' ')}`);
  const each = timed.map(({ device, milliseconds }) => {
    const reason = `On ${device.name} a step takes ${milliseconds.toPrecision(3)} ms.`;
    return reason;
  });
  return choice(request, best, [...each, ...failures].join(' '));
}

async function time({ threads, program, values, feeds, context }: DeviceRequest, device: DeviceKind) {
  return (await probe({ type: 'time', device, threads, program, values, feeds }, context.signal)).reply;
}

function choice(
  request: DeviceRequest,
  { kind, name, software }: Pick<DeviceReport, 'kind' | 'name' | 'software'>,
  reason: string,
): Promise<DeviceChoice> {
  return kind === 'cpu'
    ? cpuChoice(request, reason)
    : open(request, { device: kind as DeviceKind, identity: { name, software } }, reason);
}

function cpuChoice(request: DeviceRequest, reason: string): Promise<DeviceChoice> {
  const onNotice = (message: string) => request.context.onNotice?.({ level: 'info', message });
  return open(request, { device: 'cpu', onNotice }, reason);
}

async function open(
  { threads }: DeviceRequest,
  options: Omit<Parameters<typeof createExecutor>[0], 'threads'>,
  reason: string,
): Promise<DeviceChoice> {
  return { executor: await createExecutor({ ...options, threads }), reason };
}
