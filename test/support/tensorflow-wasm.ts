// TensorFlow.js on its WebAssembly backend, as a stand-in for the package with CUDA.
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';

await tf.setBackend('wasm');

export * from '@tensorflow/tfjs-core';
