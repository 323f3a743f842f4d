// The executor on ONNX Runtime: forward graphs and training on the CPU, or on any GPU by WebGPU.
import { availableParallelism, cpus } from 'node:os';
import { createCpuTrainer, fusedUpdateObstacle, type UpdateKind } from './cpu-trainer.ts';
import type { Device, Executor, Trainer } from './executor.ts';
import { createSessionPool, type OnnxDeviceKind } from './onnx-session.ts';
import { bindInputs, createRunner } from './runner.ts';
import { createWebgpuTrainer } from './webgpu-trainer.ts';

export interface OnnxExecutorOptions {
  readonly device: OnnxDeviceKind;
  /** CPU threads; left out: one per core. */
  readonly threads?: number;
  /** Left out: fused wherever the program fits. */
  readonly update?: UpdateKind;
  /** What the device is called where that is known already (see devices.ts). */
  readonly identity?: Pick<Device, 'name' | 'software'>;
  /** Hears why a faster way could not be taken. */
  readonly onNotice?: (message: string) => void;
}

/**
 * Opening costs nothing yet; the first session on a GPU that is not there throws `device-unavailable`, and one that
 * fails later throws `device-lost`. A crashing GPU driver takes the process with it: train in a process of its own.
 */
export async function createOnnxExecutor(options: OnnxExecutorOptions): Promise<Executor> {
  const threads = options.threads ?? availableParallelism();
  const pool = createSessionPool({ device: options.device, threads });
  const { name, software } = options.identity ?? describe(options.device, threads);
  const device: Device = { kind: options.device, name, software };

  function chooseUpdate(obstacle: string | undefined): UpdateKind {
    if (options.update) return options.update;
    if (obstacle) options.onNotice?.(`${obstacle}. The update runs inside the graph instead, which is slower.`);
    return obstacle ? 'graph' : 'fused';
  }

  const trainers = new Set<Trainer>();
  return {
    device,
    async compile(graph, values = new Map()) {
      const embedded = totalBytes(values) <= embeddedLimit;
      const session = await pool.open(graph, embedded ? { values } : {});
      const bound = embedded ? {} : bindInputs(graph, values);
      return createRunner(session, () => bound);
    },
    async train(program, values) {
      const trainer =
        options.device === 'webgpu'
          ? await createWebgpuTrainer(pool, program, values)
          : await createCpuTrainer(pool, program, values, chooseUpdate(fusedUpdateObstacle(program)));
      trainers.add(trainer);
      return trainer;
    },
    async dispose() {
      // Trainers first: their GPU tensors must go before the sessions that they came from.
      for (const trainer of trainers) await trainer.dispose();
      await pool.releaseAll();
    },
  };
}

/** ONNX Runtime prepares values that are part of the model for faster products, but a model file ends at 2 GiB. */
const embeddedLimit = 2 ** 30;

const totalBytes = (values: ReadonlyMap<string, Float32Array>) =>
  values.values().reduce((total, { byteLength }) => total + byteLength, 0);

function describe(kind: OnnxDeviceKind, threads: number): Pick<Device, 'name' | 'software'> {
  if (kind === 'webgpu') return { name: 'WebGPU', software: false };
  return { name: cpuName(threads), software: false };
}

/** `AMD EPYC 7B13, 2 threads` */
export function cpuName(threads: number = availableParallelism()): string {
  const model = cpus()[0]?.model.trim() ?? process.arch;
  return `${model}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
}
