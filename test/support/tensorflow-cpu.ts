// TensorFlow.js on its backend in JavaScript, as a stand-in for the package with CUDA.
import { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs-core';

// The WebAssembly backend brings it as a dependency of its own.
const require = createRequire(import.meta.url);
createRequire(require.resolve('@tensorflow/tfjs-backend-wasm'))('@tensorflow/tfjs-backend-cpu');
// Else it advises everybody on Node to install the native library.
tf.env().set('IS_TEST', true);
await tf.setBackend('cpu');

export * from '@tensorflow/tfjs-core';
