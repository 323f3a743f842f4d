// Loads TensorFlow.js: the package with CUDA, or the library that a test names in its place.
import { globSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname } from 'node:path';
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

const require = createRequire(import.meta.url);

export const tensorflowPackage = '@tensorflow/tfjs-node-gpu';

export const tensorflowHelp = { advice: 'Run npm run install:cuda: it says what is missing.' } as const;

/**
 * A test names a module here that exports TensorFlow.js on another backend. Without it there is one TensorFlow device, that of
 * the package; TensorFlow.js's backends in JavaScript and WebAssembly are far slower than ONNX Runtime and offered to nobody.
 */
export const libraryVariable = 'PINHOLE_TENSORFLOW_LIBRARY';

/**
 * Throws `device-unavailable` where the package or its native library is missing, does not load, or finds no CUDA device: on
 * the CPU it would be slower than ONNX Runtime, and nobody would know why.
 */
export async function loadTensorflow(): Promise<TensorflowLibrary> {
  const named = process.env[libraryVariable];
  if (named) return (await import(named)) as TensorflowLibrary;
  const obstacle = tensorflowObstacle();
  if (obstacle !== undefined) throw unavailable(obstacle);
  restoreRemovedUtilities();
  const tf = loadPackage();
  if ((tf.backend() as { isUsingGpuDevice?: boolean }).isUsingGpuDevice) return tf;
  const reason = 'TensorFlow finds no CUDA device.';
  throw unavailable(reason);
}

/** What can be told without loading anything; undefined where nothing stands in the way. */
export function tensorflowObstacle(): string | undefined {
  if (process.env[libraryVariable]) return undefined;
  const folder = tensorflowFolder();
  if (folder !== undefined && globSync('lib/napi-v*/tfjs_binding.node', { cwd: folder }).length > 0) return undefined;
  const reason =
    folder === undefined
      ? 'The package with TensorFlow is not installed.'
      : "TensorFlow's CUDA library is not installed.";
  return reason;
}

/** The package's folder; undefined where an optional package was left out. */
export function tensorflowFolder(): string | undefined {
  try {
    return dirname(require.resolve(`${tensorflowPackage}/package.json`));
  } catch {
    return undefined;
  }
}

/** What a test's library is called; undefined where none is named. */
export function standInName(): string | undefined {
  const named = process.env[libraryVariable];
  return named && `TensorFlow.js (${basename(named).replace(/\.\w+$/, '')})`;
}

function loadPackage(): TensorflowLibrary {
  try {
    return require(tensorflowPackage) as TensorflowLibrary;
  } catch (cause) {
    const { message = String(cause) } = cause as Partial<Error>;
    const reason = `TensorFlow does not load: ${message.split('\n', 1)[0]}`;
    throw unavailable(reason, cause);
  }
}

/** Node 23 removed these; TensorFlow.js 4.22 still calls them. */
function restoreRemovedUtilities(): void {
  const module = util as unknown as Record<string, unknown>;
  module.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  module.isArray ??= Array.isArray;
}

function unavailable(reason: string, cause?: unknown): PinholeError {
  return new PinholeError('device-unavailable', reason, tensorflowHelp.advice, { cause });
}
