// The map of a fixed set of images at every evaluation of a run: their codes by PCA, turned onto the map before, so that it
// neither spins nor flips. It is written as it is made; what maps of a finished run are is in latent/.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Model } from '../compiler/model.ts';
import type { OpenDataset } from '../dataset/open.ts';
import type { Runner, Trainer } from '../engine/executor.ts';
import { ifThere } from '../files/json-lines.ts';
import { readNpy, writeNpy } from '../files/npy.ts';
import { type Plane, principalPlane, turnOnto } from '../numerics/principal-plane.ts';
import { createRandom, permutation } from '../numerics/random.ts';
import { inferenceGraph } from './graphs.ts';
import { blockBatch, runBlocks } from './inference.ts';
import { openStepLog, readLoggedStep, readStepLog, type StepLog, type StepLogFiles } from './step-log.ts';

export interface ProbeMapFiles extends StepLogFiles {
  /** int32 N: which images are on it, ascending. */
  ids: string;
}

/** A line of `steps`; in `array`, float32 S×N×2, each step has one row. */
export interface MappedStep extends Pick<Plane, 'explained'> {
  step: number;
}

export function probeMapFiles(folder: string): ProbeMapFiles {
  return { ids: join(folder, 'ids.npy'), array: join(folder, 'xy.npy'), steps: join(folder, 'steps.jsonl') };
}

export interface ProbeMapOptions {
  trainer: Trainer;
  model: Model;
  dataset: OpenDataset;
  /** The images of every evaluation, in its order. */
  held: Uint32Array;
  seed: number;
}

/** Goes on after `lastStep`; −1 begins anew. */
export async function openProbeMap(folder: string, options: ProbeMapOptions, lastStep: number): Promise<ProbeMap> {
  const { trainer, model, dataset, held, seed } = options;
  await mkdir(folder, { recursive: true });
  const files = probeMapFiles(folder);
  const ids = (await readMappedIds(files)) ?? (await drawIds(files, held, dataset.split('train'), seed));
  const log = await openStepLog<MappedStep>(files, { dtype: '<f4', row: [ids.length, 2], perStep: 1 }, lastStep);
  const others = ids.filter((id) => !held.includes(id));
  const encoder =
    others.length === 0 ? null : await trainer.evaluator(inferenceGraph(model, ['codes'], blockBatch(others.length)));
  return new ProbeMap(options, { ids, others, encoder, log, before: await lastMap(files) });
}

interface Opened {
  ids: Uint32Array;
  /** Those that evaluations do not encode. */
  others: Uint32Array;
  encoder: Runner | null;
  log: StepLog<MappedStep>;
  before: Float32Array | null;
}

export class ProbeMap {
  readonly #options: ProbeMapOptions;
  readonly #opened: Opened;
  readonly #rows: ReadonlyMap<number, number>;
  /** float32 N×K. */
  readonly #codes: Float32Array;
  #before: Float32Array | null;

  constructor(options: ProbeMapOptions, opened: Opened) {
    this.#options = options;
    this.#opened = opened;
    this.#rows = new Map(Array.from(opened.ids, (id, row) => [id, row]));
    this.#codes = new Float32Array(opened.ids.length * options.model.spec.codeSize);
    this.#before = opened.before;
  }

  /** Codes of an evaluation, of those held-out images: most of a map, and often all of it, is had from there for nothing. */
  see(ids: Uint32Array, codes: Float32Array): void {
    const size = this.#options.model.spec.codeSize;
    for (const [index, id] of ids.entries()) {
      const row = this.#rows.get(id);
      if (row !== undefined) this.#codes.set(codes.subarray(index * size, (index + 1) * size), row * size);
    }
  }

  /** After an evaluation; null where a code is no finite number, which has no place. */
  async add(step: number): Promise<Plane | null> {
    const { model, dataset } = this.#options;
    const { others, encoder, log } = this.#opened;
    if (encoder)
      for await (const { ids, results } of runBlocks(encoder, dataset.pixels, others, model.image))
        this.see(ids, results.codes!.data as Float32Array);
    if (!this.#codes.every(Number.isFinite)) return null;
    const { xy, explained } = await principalPlane(this.#codes, model.spec.codeSize);
    const turned = this.#before === null ? xy : turnOnto(xy, this.#before);
    this.#before = turned;
    await log.add({ step, explained }, turned);
    return { xy: turned, explained };
  }

  async close(): Promise<void> {
    this.#opened.log.close();
    await this.#opened.encoder?.dispose();
  }
}

/** Ascending; null for a run from before there were such maps. */
export async function readMappedIds({ ids }: ProbeMapFiles): Promise<Uint32Array | null> {
  const array = await ifThere(readNpy(ids));
  return array && Uint32Array.from(array.data as Int32Array);
}

/** float32 N×2 of the `index`-th step that has a map. */
export async function readProbeMap(files: ProbeMapFiles, index: number): Promise<Float32Array> {
  return (await readLoggedStep(files, index, 1)) as Float32Array;
}

async function lastMap(files: ProbeMapFiles): Promise<Float32Array | null> {
  const { length } = await readStepLog(files);
  return length === 0 ? null : readProbeMap(files, length - 1);
}

/** More show no other picture, and would take longer to lay out and to send: 8 kB a step. */
const mostMapped = 1000;
/** A map of ten images shows nothing. Fewer held-out ones are joined by some that are learned from, which cost an encoding. */
const fewestMapped = 100;
// Not the order of the probes, which is another stream of the same seed.
const stream = 11;

async function drawIds(files: ProbeMapFiles, held: Uint32Array, learned: Uint32Array, seed: number) {
  const drawn = (ids: Uint32Array) => permutation(ids.length, createRandom(seed, stream)).map((at) => ids[at]!);
  const kept = drawn(held).subarray(0, mostMapped);
  const missing = Math.max(0, fewestMapped - kept.length);
  const others = drawn(learned.filter((id) => !held.includes(id))).subarray(0, missing);
  const ids = Uint32Array.of(...kept, ...others).sort();
  await writeNpy(files.ids, Int32Array.from(ids), [ids.length]);
  return ids;
}
