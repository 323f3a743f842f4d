// Every executor that one suite runs on: ONNX Runtime's two, and TensorFlow.js on the backends that are there everywhere.
import type { Executor } from '../../src-main/engine/executor.ts';
import { createExecutor } from '../../src-main/engine/executors.ts';
import { libraryVariable } from '../../src-main/engine/tensorflow-library.ts';
import { need } from '../support/resources.ts';
import { tensorflowStandIn } from '../support/tensorflow.ts';

export const testDevices = ['cpu', 'webgpu', 'TensorFlow.js cpu', 'TensorFlow.js wasm'] as const;
export type TestDevice = (typeof testDevices)[number];

/** Only one backend of TensorFlow.js at a time: the last that was opened is the one that computes. */
export async function openTestDevice(device: TestDevice, threads = 1): Promise<Executor> {
  if (device === 'cpu' || device === 'webgpu') return createExecutor({ device, threads });
  const backend = device === 'TensorFlow.js cpu' ? 'cpu' : 'wasm';
  process.env[libraryVariable] = tensorflowStandIn(backend);
  try {
    const executor = await createExecutor({ device: 'tensorflow' });
    const { setBackend } = await import('@tensorflow/tfjs-core');
    await setBackend(backend);
    return executor;
  } finally {
    delete process.env[libraryVariable];
  }
}

/** Skips the test where the device is not there. */
export function needDevice(context: Parameters<typeof need>[0], device: TestDevice): void {
  if (device === 'webgpu') need(context, 'webgpu');
}
