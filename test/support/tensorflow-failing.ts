// TensorFlow.js as a device that fails in mid-training, in the way that PINHOLE_TEST_FAILURE says; it passes every probe.
import { tidy as realTidy } from '@tensorflow/tfjs-core';
import './tensorflow-cpu.ts';

export * from '@tensorflow/tfjs-core';

/** PCA, baselines, constants and the first evaluation take fewer than this; after it come training steps. */
const graphsBefore = 70;
const isTraining = process.argv[1]?.includes('training-job') ?? false;
let depth = 0;
let graphs = 0;

/** The engine runs every graph in one of these, and makes every constant in one. */
export const tidy: typeof realTidy = (...parameters) => {
  if (depth === 0 && isTraining && ++graphs > graphsBefore) fail();
  depth++;
  try {
    return realTidy(...parameters);
  } finally {
    depth--;
  }
};

function fail(): void {
  const { PINHOLE_TEST_FAILURE: failure } = process.env;
  if (failure === 'throw') throw new Error('CUDA_ERROR_ILLEGAL_ADDRESS: an illegal memory access was encountered');
  if (failure === 'crash') process.kill(process.pid, 'SIGSEGV');
  if (failure === 'hang') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
