// Model files: ONNX graphs that anyone can run, and weights with their spec that Pinhole loads back.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import * as v from 'valibot';
import type { Graph } from '../compiler/graph.ts';
import { buildModel, type ImageShape, type Model, modelValues } from '../compiler/model.ts';
import type { CompactNumbers } from '../compiler/onnx/compact.ts';
import { toOnnx } from '../compiler/onnx/lower.ts';
import { PinholeError } from '../contract/errors.ts';
import type { Preprocessing } from '../contract/records.ts';
import { type ModelSpec, modelSpecSchema } from '../contract/spec.ts';
import { writeAtomic } from '../files/atomic.ts';
import { readSafetensors, writeSafetensors } from '../files/safetensors.ts';
import { decoderGraph, encoderGraph } from './graphs.ts';

/** What `model.json` says of the weights beside it. */
export interface ModelInfo {
  pinhole: string;
  preset: string;
  spec: ModelSpec;
  image: ImageShape;
  preprocessing: Preprocessing;
  /** What codes are distributed like, so that new ones can be drawn; null (or missing in older files) where nothing says it. */
  prior?: 'normal' | null;
  datasetHash: string;
  seed: number;
  step: number;
  /** Mean-squared error of the validation images, pixels in 0–1. */
  validationMse: number;
  /** SHA-256 of `model.safetensors`. */
  weightsHash: string;
}

export interface SavedModel {
  info: ModelInfo;
  model: Model;
  values: Map<string, Float32Array>;
}

/** Writes `encoder.onnx`, `decoder.onnx`, `model.safetensors` and, last, `model.json`: where it is there, all are. */
export async function saveModel(
  folder: string,
  model: Model,
  values: ReadonlyMap<string, Float32Array>,
  info: Omit<ModelInfo, 'weightsHash' | 'spec' | 'image'>,
): Promise<ModelInfo> {
  await mkdir(folder, { recursive: true });
  const weights = join(folder, 'model.safetensors');
  await writeSafetensors(weights, modelTensors(model, values), { format: 'pinhole', preset: info.preset });
  const complete: ModelInfo = { ...info, spec: model.spec, image: model.image, weightsHash: await hashFile(weights) };
  const metadata = onnxMetadata(complete);
  for (const [name, graph] of [
    ['encoder', encoderGraph(model)],
    ['decoder', decoderGraph(model)],
  ] as const) {
    const initializers = valuesIn(graph, values);
    await writeAtomic(join(folder, `${name}.onnx`), toOnnx(graph, { initializers, metadata }));
  }
  await writeAtomic(join(folder, 'model.json'), `${JSON.stringify(complete, null, 2)}\n`);
  return complete;
}

/** `decoder.onnx` with its weights in fewer bytes; how, it says itself, so that any runtime runs it. */
export function decoderOnnx({ info, model, values }: SavedModel, numbers: CompactNumbers): Uint8Array {
  const graph = decoderGraph(model);
  return toOnnx(graph, { initializers: valuesIn(graph, values), numbers, metadata: onnxMetadata(info) });
}

/** Those that the graph has inputs for. */
function valuesIn({ inputs }: Graph, values: ReadonlyMap<string, Float32Array>): Map<string, Float32Array> {
  return new Map(inputs.flatMap(({ name }) => (values.has(name) ? [[name, values.get(name)!]] : [])));
}

/** Loads weights and spec back. Throws `not-found`, `file-damaged` or `spec-invalid` naming the file. */
export async function loadModel(folder: string): Promise<SavedModel> {
  const info = await readModelInfo(folder);
  const path = join(folder, 'model.safetensors');
  const { tensors } = await readSafetensors(path);
  if ((await hashFile(path)) !== info.weightsHash) {
    throw new PinholeError(
      'file-damaged',
      `${path} is not the file that model.json describes: its SHA-256 differs.`,
      'Copy the model folder again, all files together.',
    );
  }
  const model = buildModel(info.spec, info.image);
  const values = new Map<string, Float32Array>();
  for (const { name, shape } of modelValues(model)) {
    const tensor = tensors.get(name);
    if (tensor === undefined || tensor.shape.join() !== shape.join()) {
      throw new PinholeError(
        'file-damaged',
        `Expected tensor ${name} of shape ${shape.join('×')} in ${path}, received ${tensor ? tensor.shape.join('×') : 'none'}.`,
        'Copy the model folder again, all files together.',
      );
    }
    values.set(name, tensor.data as Float32Array);
  }
  return { info, model, values };
}

/** What `model.json` says. Throws `not-found`, `file-damaged` or `spec-invalid`. */
export async function readModelInfo(folder: string): Promise<ModelInfo> {
  const path = join(folder, 'model.json');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new PinholeError(
      'not-found',
      `No model in ${folder}: model.json cannot be read.`,
      'Name the folder that holds model.json.',
      { cause },
    );
  }
  try {
    const info = JSON.parse(text) as ModelInfo;
    return { ...info, spec: v.parse(modelSpecSchema, info.spec) };
  } catch (cause) {
    throw new PinholeError(
      'file-damaged',
      `${path} is not a model description: ${(cause as Error).message}`,
      'Copy the model folder again.',
      { cause },
    );
  }
}

function modelTensors(model: Model, values: ReadonlyMap<string, Float32Array>) {
  return new Map(modelValues(model).map(({ name, shape }) => [name, { shape, data: values.get(name)! }]));
}

function onnxMetadata(info: ModelInfo): Record<string, string> {
  return {
    pinhole_version: info.pinhole,
    preset: info.preset,
    code_size: String(info.spec.codeSize),
    dataset_hash: info.datasetHash,
    weights_hash: info.weightsHash,
    preprocessing: JSON.stringify(info.preprocessing),
  };
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
