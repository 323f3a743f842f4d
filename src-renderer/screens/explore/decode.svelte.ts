// What is decoded beside the map, kept while a person looks at something else: places, walk, direction, units, samples.
import type { CodeFacts, ImageBlock } from '../../../src-main/contract/views.ts';
import { service } from '../../service/connection.svelte.ts';
import { joinCodes, mixCodes, placeWeights } from './decoding.ts';
import { explore, type Place } from './explore.svelte.ts';
import { Newest } from './newest.svelte.ts';

export const decodeModes = ['place', 'walk', 'direction', 'units', 'samples'] as const;
export type DecodeMode = (typeof decodeModes)[number];

/** Of a place on the map: more would blur, fewer would jump from one image to the next. */
export const nearestOfPlace = 8;
/** How far a direction goes to both sides, in ways from A to B. */
export const farthest = 2;
/** Images of a strip along a direction or a unit: odd, so that the middle is there. */
export const stripSteps = 9;

interface Asked {
  runId: string;
}

class Decode {
  mode = $state<DecodeMode>('place');
  facts = $state.raw<CodeFacts | null>(null);

  /** The place that a click keeps; of this map alone. */
  readonly kept = $derived.by(() => (this.#kept !== null && this.#kept.map === explore.map ? this.#kept.place : null));
  readonly place = new Newest<Asked & { places: readonly Place[] }, ImageBlock>(({ runId, places }) =>
    decodePlaces(runId, places),
  );

  /** Ids of images; −1 for none. */
  ends = $state.raw<readonly [from: number, to: number]>([-1, -1]);
  steps = $state(9);
  /** Step of the walk that is shown large, from 0. */
  at = $state(0);
  readonly walk = new Newest<Asked & { from: number; to: number; steps: number }, ImageBlock>(
    ({ runId, from, to, steps }) => service.decodeWalk(runId, from, to, steps),
  );

  /** Ids of the images at both ends of a direction. */
  groups = $state.raw<readonly [a: Int32Array | null, b: Int32Array | null]>([null, null]);
  amount = $state(0);
  beginsAt = $state<'image' | 'mean'>('mean');
  readonly means = [meanOfGroup(), meanOfGroup()] as const;
  readonly moved = decoded();
  readonly strip = decoded();

  /** Values of the units that were moved away from those of an image, by unit. */
  units = $state.raw<{ id: number; values: ReadonlyMap<number, number> }>({ id: -1, values: new Map() });
  readonly changed = decoded();

  count = $state(16);
  seed = $state(1);
  readonly samples = new Newest<Asked & { count: number; seed: number }, ImageBlock>(({ runId, count, seed }) =>
    service.decodeSamples(runId, count, seed),
  );

  #kept = $state.raw<{ place: Place; map: typeof explore.map } | null>(null);
  #of: { runId: string; datasetId: string } | null = null;

  /** Images of another run: what was made by the other one goes, and what was chosen among other images too. */
  async open({ runId, datasetId }: { runId: string; datasetId: string }): Promise<void> {
    if (this.#of?.runId === runId && this.facts !== null) return;
    const sameData = this.#of?.datasetId === datasetId;
    this.#of = { runId, datasetId };
    for (const one of [this.place, this.walk, ...this.means, this.moved, this.strip, this.changed, this.samples])
      one.ask(null);
    Object.assign(this, { facts: null, amount: 0, units: { id: -1, values: new Map() } });
    if (!sameData) Object.assign(this, { ends: [-1, -1], groups: [null, null] });
    const facts = await service.codeFacts(runId);
    if (this.#of.runId !== runId) return;
    this.facts = facts;
    if (!this.can(this.mode)) this.mode = 'place';
  }

  /** Whether codes of this run can be used like that. */
  can(mode: DecodeMode): boolean {
    if (mode === 'samples') return this.facts?.prior === true;
    return mode !== 'direction' || this.facts?.kind !== 'entries';
  }

  keep(place: Place | null): void {
    this.#kept = place && { place, map: explore.map };
  }
}

function decoded() {
  return new Newest<Asked & { codes: Float32Array }, ImageBlock>(({ runId, codes }) =>
    service.decodeCodes(runId, codes),
  );
}

function meanOfGroup() {
  return new Newest<Asked & { ids: Int32Array }, Float32Array>(({ runId, ids }) => service.meanCode(runId, ids));
}

/** Each place is the mean of the codes of the images that are shown nearest to it on the map. */
export async function decodePlaces(runId: string, places: readonly Place[]): Promise<ImageBlock> {
  const { images, shown } = explore;
  const { grid } = explore.plane;
  const { facts } = decode;
  if (grid === null || images === null || facts === null) throw new Error('internal: a place without a map');
  const near = places.map(({ x, y }) => grid.nearestFew(x, y, nearestOfPlace, shown));
  const ids = Int32Array.from(new Set(near.flat().map(({ row }) => images.ids[row]!))).sort();
  const { codes } = await service.codeRows(runId, ids);
  const codeOf = (row: number) => {
    const at = ids.indexOf(images.ids[row]!);
    return codes.subarray(at * facts.codeSize, (at + 1) * facts.codeSize);
  };
  const mixed = near.map((points) =>
    mixCodes(
      joinCodes(points.map(({ row }) => codeOf(row))),
      placeWeights(points.map(({ distance }) => distance)),
      facts,
    ),
  );
  return service.decodeCodes(runId, joinCodes(mixed));
}

export const decode = new Decode();

/** Evenly over the whole map, row by row from its top: about 144 places. */
export function placesOfMap(): { places: Place[]; columns: number } {
  const { left, right, bottom, top } = explore.plane.bounds!;
  const [width, height] = [Math.max(1e-6, right - left), Math.max(1e-6, top - bottom)];
  const columns = Math.min(24, Math.max(6, Math.round(Math.sqrt((144 * width) / height))));
  const rows = Math.round(144 / columns);
  const places = Array.from({ length: rows * columns }, (_, index) => ({
    x: left + (((index % columns) + 0.5) / columns) * width,
    y: top - ((Math.floor(index / columns) + 0.5) / rows) * height,
  }));
  return { places, columns };
}
