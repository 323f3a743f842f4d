// Where the stand-ins for TensorFlow.js with CUDA are: the same library on backends that every machine has.

/** A value for the variable that names another library (see the engine's tensorflow-library.ts). */
export function tensorflowStandIn(backend: 'cpu' | 'wasm' | 'failing'): string {
  return new URL(`tensorflow-${backend}.ts`, import.meta.url).href;
}
