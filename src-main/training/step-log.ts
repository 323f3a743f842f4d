// What is logged at every evaluation of a run: an array that grows by as much at each, beside a line that says at which step.

import { openGrowingNpy } from '../files/growing-npy.ts';
import { appendJsonLine, readJsonLines, writeJsonLines } from '../files/json-lines.ts';
import { type NpyData, type NpyDType, openNpy } from '../files/npy.ts';

export interface StepLogFiles {
  /** `perStep` rows for every line of `steps`. */
  array: string;
  /** One line for each logged step. */
  steps: string;
}

export interface StepLogShape {
  dtype: NpyDType;
  row: readonly number[];
  /** Rows that are logged at a time. */
  perStep: number;
}

export interface StepLog<Line extends { step: number }> {
  add(line: Line, data: NpyData): Promise<void>;
  close(): void;
}

/** Opens for writing and forgets what was logged after `lastStep`; −1 forgets everything. */
export async function openStepLog<Line extends { step: number }>(
  files: StepLogFiles,
  { dtype, row, perStep }: StepLogShape,
  lastStep: number,
): Promise<StepLog<Line>> {
  let lines = (await readStepLog<Line>(files)).filter(({ step }) => step <= lastStep);
  await writeJsonLines(files.steps, lines);
  let array = openGrowingNpy(files.array, dtype, row, lines.length * perStep);
  return {
    async add(line, data) {
      if (lines.some(({ step }) => step >= line.step)) {
        // After a rollback the same steps come again: what was logged of them is not true any more.
        lines = lines.filter(({ step }) => step < line.step);
        await writeJsonLines(files.steps, lines);
        array.close();
        array = openGrowingNpy(files.array, dtype, row, lines.length * perStep);
      }
      array.append(data);
      lines.push(line);
      await appendJsonLine(files.steps, line);
    },
    close: () => array.close(),
  };
}

/** Empty where nothing was logged. */
export function readStepLog<Line extends { step: number }>(files: StepLogFiles): Promise<Line[]> {
  return readJsonLines<Line>(files.steps);
}

/** The rows of the `index`-th logged step. */
export async function readLoggedStep(files: StepLogFiles, index: number, perStep: number): Promise<NpyData> {
  const array = await openNpy(files.array);
  try {
    return await array.read(index * perStep, perStep);
  } finally {
    await array.close();
  }
}
