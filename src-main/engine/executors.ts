// The executor of each kind of device.
import type { Device, DeviceKind, Executor } from './executor.ts';
import { createOnnxExecutor } from './onnx-runtime.ts';
import { createTensorflowExecutor } from './tensorflow-executor.ts';

export interface ExecutorOptions {
  readonly device: DeviceKind;
  /** CPU threads; left out: one per core. */
  readonly threads?: number;
  /** What the device is called where that is known already (see devices.ts). */
  readonly identity?: Pick<Device, 'name' | 'software'>;
  /** Hears why a faster way could not be taken. */
  readonly onNotice?: (message: string) => void;
}

/** Throws `device-unavailable` where that can be told without doing any work. */
export function createExecutor(options: ExecutorOptions): Promise<Executor> {
  const { device } = options;
  switch (device) {
    case 'cpu':
    case 'webgpu':
      return createOnnxExecutor({ ...options, device });
    case 'tensorflow':
      return createTensorflowExecutor(options);
    default:
      return device satisfies never;
  }
}
