// Reconstructions of the fixed probe images at every logged step, step 0 included: all are kept, none is sampled.
import type { ImageShape } from '../compiler/model.ts';
import { openPixels, openPixelWriter } from '../dataset/pixels.ts';
import { appendJsonLine, readJsonLines, writeJsonLines } from '../files/json-lines.ts';

export interface ProbeFiles {
  /** uint8 (steps × probes) × height × width × channels. */
  images: string;
  /** One line for each logged step. */
  steps: string;
}

export interface ProbeWriter {
  /** uint8 probes × height × width × channels. */
  add(step: number, reconstructions: Uint8Array): Promise<void>;
  close(): void;
}

/** Opens for writing and forgets what was logged after `lastStep`; −1 forgets everything. */
export async function openProbeWriter(
  files: ProbeFiles,
  { height, width, channels }: ImageShape,
  probes: number,
  lastStep: number,
): Promise<ProbeWriter> {
  let steps = (await readProbeSteps(files)).filter((step) => step <= lastStep);
  const shape = [height, width, channels] as const;
  await writeSteps(files, steps);
  let writer = openPixelWriter(files.images, shape, steps.length * probes);
  return {
    async add(step, reconstructions) {
      if (steps.some((known) => known >= step)) {
        // After a rollback the same steps come again: what was logged of them is not true any more.
        steps = steps.filter((known) => known < step);
        await writeSteps(files, steps);
        writer.close();
        writer = openPixelWriter(files.images, shape, steps.length * probes);
      }
      writer.append(reconstructions);
      steps.push(step);
      await appendJsonLine(files.steps, { step });
    },
    close: () => writer.close(),
  };
}

/** Empty where nothing was logged. */
export async function readProbeSteps(files: ProbeFiles): Promise<number[]> {
  return (await readJsonLines<{ step: number }>(files.steps)).map(({ step }) => step);
}

/** uint8 probes × height × width × channels of the `index`-th logged step. */
export function readProbes(files: ProbeFiles, index: number, probes: number): Uint8Array {
  const pixels = openPixels(files.images, { memoryLimit: 0 });
  try {
    const [, height, width, channels] = pixels.shape;
    const out = new Uint8Array(probes * height * width * channels);
    pixels.read(
      Uint32Array.from({ length: probes }, (_, probe) => index * probes + probe),
      out,
    );
    return out;
  } finally {
    pixels.close();
  }
}

function writeSteps(files: ProbeFiles, steps: readonly number[]): Promise<void> {
  return writeJsonLines(
    files.steps,
    steps.map((step) => ({ step })),
  );
}
