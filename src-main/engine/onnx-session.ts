// ONNX Runtime sessions with the options that were measured to be best, and an account of what is still open.
import * as ort from 'onnxruntime-node';
import type { DType, Graph, Tensor } from '../compiler/graph.ts';
import { toOnnx } from '../compiler/onnx/lower.ts';
import { splitProducts } from '../compiler/split-products.ts';
import { PinholeError } from '../contract/errors.ts';
import { loadVulkanFromDriverFolder } from './vulkan.ts';

export type OrtTensor = ort.Tensor;
export type OrtTensors = Record<string, OrtTensor>;

export type OnnxDeviceKind = 'cpu' | 'webgpu';

export interface SessionOptions {
  readonly device: OnnxDeviceKind;
  /** CPU threads, the calling one included. */
  readonly threads: number;
}

export interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** Results go into the tensors of `into` where it has them, else into new ones. */
  run(feeds: OrtTensors, into?: OrtTensors): Promise<OrtTensors>;
  release(): Promise<void>;
}

export interface OpenOptions {
  /** Inputs that become part of the model. */
  readonly values?: ReadonlyMap<string, Float32Array> | undefined;
  /** Outputs that stay in GPU memory; who receives them disposes them, before the session is released. */
  readonly onDevice?: readonly string[];
}

/** Opens sessions on one device and releases those that are left. */
export interface SessionPool {
  open(graph: Graph, options?: OpenOptions): Promise<Session>;
  readonly size: number;
  releaseAll(): Promise<void>;
}

export function createSessionPool(options: SessionOptions): SessionPool {
  const sessions = new Set<Session>();
  return {
    async open(graph, { values = new Map(), onDevice = [] } = {}) {
      const model = toOnnx(options.device === 'cpu' ? splitProducts(graph) : graph, { initializers: values });
      const session = await openSession(model, options, onDevice, () => sessions.delete(session));
      sessions.add(session);
      return session;
    },
    get size() {
      return sessions.size;
    },
    async releaseAll() {
      for (const session of sessions) await session.release();
    },
  };
}

/** A session on the bytes of a model file. Throws what the runtime says where it takes them for no model. */
export function openModel(model: Uint8Array, options: SessionOptions): Promise<Session> {
  return openSession(model, options, [], () => {});
}

async function openSession(
  model: Uint8Array,
  options: SessionOptions,
  onDevice: readonly string[],
  onRelease: () => void,
): Promise<Session> {
  const native = await createNative(model, options, onDevice);
  let released = false;
  return {
    inputNames: native.inputNames,
    outputNames: native.outputNames,
    async run(feeds, into) {
      if (released) throw new Error('internal: a released session was run');
      try {
        return into ? await native.run(feeds, into) : await native.run(feeds);
      } catch (error) {
        throw options.device === 'webgpu' ? deviceLost(error) : error;
      }
    },
    async release() {
      if (released) return;
      released = true;
      onRelease();
      await native.release();
    },
  };
}

async function createNative(model: Uint8Array, options: SessionOptions, onDevice: readonly string[]) {
  if (options.device === 'cpu') return ort.InferenceSession.create(model, cpuOptions(options.threads));
  loadVulkanFromDriverFolder();
  try {
    return await ort.InferenceSession.create(model, webgpuOptions(onDevice));
  } catch (error) {
    throw deviceUnavailable(error);
  }
}

/**
 * How long a thread without work looks for more before it sleeps. Measured on two cores, the recommended preset's step:
 * alone, 20 µs takes 14 ms, no waiting 17, ONNX Runtime's own (about 1 ms) 14; with the cores shared by other programs,
 * 35, 130 and 226 ms, because threads that wait for each other keep the cores from who has work.
 */
const spinMicroseconds = 20;

// Everything else at its default was as fast as any other value: optimisation level, memory arena and pattern, block
// size. Thread counts are given as numbers, because ONNX Runtime's own choice pins threads to cores.
function cpuOptions(threads: number): ort.InferenceSession.SessionOptions {
  return {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    executionMode: 'sequential',
    logSeverityLevel: 3,
    extra: { session: { intra_op: { spin_duration_us: String(spinMicroseconds) } } },
  };
}

function webgpuOptions(onDevice: readonly string[]): ort.InferenceSession.SessionOptions {
  return {
    executionProviders: [{ name: 'webgpu' }],
    logSeverityLevel: 3,
    preferredOutputLocation: Object.fromEntries(onDevice.map((name) => [name, 'gpu-buffer' as const])),
    // A node that silently ran on the CPU would be slow and would make the device's self-test worthless.
    extra: { session: { disable_cpu_ep_fallback: '1' } },
  };
}

function deviceUnavailable(cause: unknown): PinholeError {
  const message = firstLine(cause).replace(/^.*false\. /, '');
  return new PinholeError('device-unavailable', `WebGPU cannot be used here: ${message}`, 'Use --device cpu.', {
    cause,
  });
}

function deviceLost(cause: unknown): PinholeError {
  const advice = 'Train on with --device cpu, or start again after updating the graphics driver.';
  return new PinholeError('device-lost', `The GPU failed while working: ${firstLine(cause)}`, advice, { cause });
}

const firstLine = (error: unknown) => String((error as Error).message ?? error).split('\n', 1)[0]!;

/** The same memory as an ONNX Runtime tensor. */
export function toOrt({ dtype, data, shape }: Tensor): OrtTensor {
  return new ort.Tensor(dtype, data, shape);
}

export function fromOrt({ type, data, dims }: OrtTensor): Tensor {
  return { dtype: type as DType, data: data as Tensor['data'], shape: dims };
}
