// The executor on ONNX Runtime: forward graphs and training on the CPU, or on any GPU by WebGPU.
import { availableParallelism, cpus } from 'node:os';
import { createCpuTrainer, fusedUpdateObstacle, type UpdateKind } from './cpu-trainer.ts';
import type { Device, DeviceKind, Executor } from './executor.ts';
import { createSessionPool } from './onnx-session.ts';
import { createRunner } from './runner.ts';
import { createWebgpuTrainer } from './webgpu-trainer.ts';

export interface OnnxExecutorOptions {
  readonly device: DeviceKind;
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

  return {
    device,
    async compile(graph, values) {
      const session = await pool.open(graph, { values });
      return createRunner(session, graph, () => ({}));
    },
    train(program, values) {
      if (options.device === 'webgpu') return createWebgpuTrainer(pool, program, values);
      return createCpuTrainer(pool, program, values, chooseUpdate(fusedUpdateObstacle(program)));
    },
    dispose: () => pool.releaseAll(),
  };
}

function describe(kind: DeviceKind, threads: number): Pick<Device, 'name' | 'software'> {
  if (kind === 'webgpu') return { name: 'WebGPU', software: false };
  return { name: cpuName(threads), software: false };
}

/** `AMD EPYC 7B13, 2 threads` */
export function cpuName(threads: number = availableParallelism()): string {
  const model = cpus()[0]?.model.trim() ?? process.arch;
  return `${model}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
}
