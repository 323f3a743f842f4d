// Loads TensorFlow.js: the package with CUDA, or the library that a test names in its place.
import { createRequire } from 'node:module';
import util from 'node:util';
import type { TensorFlow, TfTensor } from '../compiler/ops/tensorflow.ts';
import { PinholeError } from '../contract/errors.ts';

/** A tensor with what its owner does with it. */
export interface OwnedTensor extends TfTensor {
  clone(): OwnedTensor;
  data(): Promise<Float32Array | Int32Array | Uint8Array>;
  dispose(): void;
}

/** What the engine itself uses of TensorFlow.js, beside what the ops' rules use. */
export interface TensorflowLibrary extends TensorFlow {
  /** Disposes everything made inside but what is returned. */
  tidy<T extends OwnedTensor | Record<string, OwnedTensor>>(work: () => T): T;
  memory(): { numTensors: number };
  getBackend(): string;
  backend(): object;
}

export const tensorflowPackage = '@tensorflow/tfjs-node-gpu';

/**
 * A test names a module here that exports TensorFlow.js on another backend. Without it there is one TensorFlow device, that of
 * the package; TensorFlow.js's backends in JavaScript and WebAssembly are far slower than ONNX Runtime and offered to nobody.
 */
export const libraryVariable = 'PINHOLE_TENSORFLOW_LIBRARY';

/** Throws `device-unavailable` where the package or its native library is missing or does not load. */
export async function loadTensorflow(): Promise<TensorflowLibrary> {
  const named = process.env[libraryVariable];
  if (named) return (await import(named)) as TensorflowLibrary;
  restoreRemovedUtilities();
  try {
    return createRequire(import.meta.url)(tensorflowPackage) as TensorflowLibrary;
  } catch (cause) {
    throw unavailable(cause);
  }
}

/** Node 23 removed these; TensorFlow.js 4.22 still calls them. */
function restoreRemovedUtilities(): void {
  const module = util as unknown as Record<string, unknown>;
  module.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  module.isArray ??= Array.isArray;
}

function unavailable(cause: unknown): PinholeError {
  const { message = String(cause), code } = cause as NodeJS.ErrnoException;
  const missing = code === 'MODULE_NOT_FOUND' || /native addon module|tfjs_binding/.test(message);
  const reason = missing
    ? "TensorFlow's CUDA library is not installed."
    : `TensorFlow does not load: ${message.split('\n', 1)[0]}`;
  return new PinholeError('device-unavailable', reason, 'Run npm run install:cuda: it says what is missing.', {
    cause,
  });
}
