// TensorFlow.js on its wasm backend: the three dense presets as its users write them. It has Adam but no AdamW.
import { version_wasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { model as createModel, input, type LayersModel, layers, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { readNpy } from '../../../src-main/files/npy.ts';
import { repeat, serve } from './protocol.ts';

const pixelCount = 784;
const codeSize = 64;

type Activation = 'relu' | 'swish' | 'linear';

interface Preset {
  batch: number;
  encode: (images: SymbolicTensor) => SymbolicTensor;
  decode: (codes: SymbolicTensor) => SymbolicTensor;
  optimizer: () => tf.Optimizer;
}

function dense(values: SymbolicTensor, widths: number[], activation: Activation, last: Activation): SymbolicTensor {
  return widths.reduce(
    (inputs, units, index) =>
      layers
        .dense({ units, activation: index < widths.length - 1 ? activation : last })
        .apply(inputs) as SymbolicTensor,
    values,
  );
}

/** A frozen linear map beside a network: what the recommended preset calls its PCA start. */
function besidePca(values: SymbolicTensor, widths: number[]): SymbolicTensor {
  const projected = layers.dense({ units: widths.at(-1)!, trainable: false }).apply(values) as SymbolicTensor;
  return layers.add().apply([projected, dense(values, widths, 'swish', 'linear')]) as SymbolicTensor;
}

const presets: Record<string, Preset> = {
  agarap2019: {
    batch: 128,
    encode: (images) => dense(images, [64, codeSize], 'relu', 'relu'),
    decode: (codes) => dense(codes, [64, pixelCount], 'relu', 'relu'),
    optimizer: () => tf.train.momentum(0.01, 0.9),
  },
  recommended: {
    batch: 256,
    encode: (images) => besidePca(images, [512, 256, codeSize]),
    decode: (codes) => besidePca(codes, [256, 512, pixelCount]),
    optimizer: () => tf.train.adam(1e-4),
  },
  deep: {
    batch: 256,
    encode: (images) => dense(images, [1000, 500, 250, codeSize], 'relu', 'linear'),
    decode: (codes) => dense(codes, [250, 500, 1000, pixelCount], 'relu', 'linear'),
    optimizer: () => tf.train.adam(1e-4),
  },
};

interface Models {
  autoencoder: LayersModel;
  encoder: LayersModel;
  batch: number;
}

const built = new Map<string, Models>();

function models(name: string): Models {
  const known = built.get(name);
  if (known !== undefined) return known;
  const preset = presets[name]!;
  const images = input({ shape: [pixelCount] });
  const codes = preset.encode(images);
  const encoder = createModel({ inputs: images, outputs: codes });
  const autoencoder = createModel({ inputs: images, outputs: preset.decode(codes) });
  autoencoder.compile({ loss: 'meanSquaredError', optimizer: preset.optimizer() });
  const entry = { autoencoder, encoder, batch: preset.batch };
  built.set(name, entry);
  return entry;
}

const pixelFiles = new Map<string, Uint8Array>();

async function pixels(path: string): Promise<Uint8Array> {
  const known = pixelFiles.get(path) ?? ((await readNpy(path)).data as Uint8Array);
  pixelFiles.set(path, known);
  return known;
}

function toTensor(images: Uint8Array): tf.Tensor2D {
  return tf.tensor2d(
    Float32Array.from(images, (value) => value / 255),
    [images.length / pixelCount, pixelCount],
  );
}

interface Request {
  preset: string;
  pixels: string;
  seconds: number;
}

/** Batches that lie ready as float32. */
async function step(request: Request) {
  const { autoencoder, batch } = models(request.preset);
  const all = await pixels(request.pixels);
  const batches = Array.from({ length: 8 }, (_, index) =>
    toTensor(all.subarray(index * batch * pixelCount, (index + 1) * batch * pixelCount)),
  );
  let next = 0;
  const answer = await repeat(request.seconds, async () => {
    const images = batches[next++ % batches.length]!;
    await autoencoder.trainOnBatch(images, images);
    return batch;
  });
  tf.dispose(batches);
  return answer;
}

/** uint8 images to codes in memory; a thousand at a time. */
async function encode(request: Request) {
  const { encoder } = models(request.preset);
  const all = await pixels(request.pixels);
  const rows = 1000;
  const count = all.length / pixelCount;
  let row = 0;
  return repeat(request.seconds, async () => {
    const images = toTensor(all.subarray(row * pixelCount, (row + rows) * pixelCount));
    const codes = encoder.predict(images) as tf.Tensor;
    await codes.data();
    tf.dispose([images, codes]);
    row = (row + rows) % count;
    return rows;
  });
}

await tf.setBackend('wasm');
await serve(
  {
    'TensorFlow.js': tf.version_core,
    'TensorFlow.js backend': `wasm ${version_wasm}${tf.env().get('WASM_HAS_MULTITHREAD_SUPPORT') ? ', threads' : ', one thread (it offers no more in Node)'}`,
  },
  { step, encode },
);
