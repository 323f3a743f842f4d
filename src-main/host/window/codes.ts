// The codes of a run as screens ask for them: rows, columns, what they are made of and how far they reach, their mean.
import { createBottleneck } from '../../compiler/bottleneck.ts';
import type { Service } from '../../contract/api.ts';
import { PinholeError } from '../../contract/errors.ts';
import type { CodeFacts, CodeRows } from '../../contract/views.ts';
import { openNpy, readNpy } from '../../files/npy.ts';
import { codeRanges } from '../../latent/code-ranges.ts';
import { codePaths, readCodes } from '../../latent/encode.ts';
import { type ModelInfo, readModelInfo } from '../../training/model-files.ts';
import { runPaths } from '../../training/run-files.ts';
import type { Surroundings } from './parts.ts';

export type CodePart = Pick<Service, 'codeRows' | 'codeColumn' | 'codeFacts' | 'meanCode'>;

/** Rows that are held at once to take their mean: of codes of 1024 numbers 32 MB. */
const block = 8192;

export function codePart({ catalogue }: Surroundings): CodePart {
  return {
    codeRows: (runId, ids) => readCodeRows(catalogue.getRun(runId), ids),
    async codeColumn(runId, column) {
      const { codes, size } = await readCodes(runPaths(catalogue.getRun(runId).folder).codes);
      if (column < size)
        return Float32Array.from({ length: codes.length / size }, (_, row) => codes[row * size + column]!);
      throw new PinholeError(
        'not-found',
        `The codes of the run ${runId} have no value ${column}.`,
        'Load the table again.',
      );
    },
    async codeFacts(runId) {
      const paths = runPaths(catalogue.getRun(runId).folder);
      const info = await readModelInfo(paths.model);
      return { ...describeCodes(info), ...codeRanges(await readCodes(paths.codes)) };
    },
    async meanCode(runId, ids) {
      const run = catalogue.getRun(runId);
      const { spec } = await readModelInfo(runPaths(run.folder).model);
      if (spec.code.type === 'vq') {
        throw new PinholeError(
          'usage',
          'The codes of this model are entries of a codebook, which have no mean.',
          'Use a model of another preset.',
        );
      }
      const sums = new Float64Array(spec.codeSize);
      let count = 0;
      for (let first = 0; first < ids.length; first += block) {
        const rows = await readCodeRows(run, ids.subarray(first, first + block));
        count += rows.ids.length;
        for (const [index, value] of rows.codes.entries()) sums[index % spec.codeSize]! += value;
      }
      if (count > 0) return Float32Array.from(sums, (sum) => sum / count);
      throw new PinholeError('usage', `The run ${runId} has codes of none of these images.`, 'Select other images.');
    },
  };
}

function describeCodes({
  spec,
  prior,
  preset,
}: ModelInfo): Pick<CodeFacts, 'codeSize' | 'kind' | 'levels' | 'prior' | 'preset'> {
  const { numbers } = createBottleneck(spec);
  const levels = numbers.type === 'integers' ? numbers.levels : null;
  const kind = levels === null ? 'continuous' : spec.code.type === 'vq' ? 'entries' : 'levels';
  return { codeSize: spec.codeSize, kind, levels, prior: prior === 'normal', preset };
}

/** Only the rows asked for are read: screens ask for a few at a time, while all codes may be gigabytes. */
export async function readCodeRows({ folder }: { folder: string }, ids: Int32Array): Promise<CodeRows> {
  const paths = codePaths(runPaths(folder).codes);
  const known = (await readNpy(paths.ids)).data as Int32Array;
  const rows = new Map<number, number>();
  const wanted = new Set(ids);
  for (let row = 0; row < known.length; row++) if (wanted.has(known[row]!)) rows.set(known[row]!, row);
  const found = ids.filter((id) => rows.has(id));
  const file = await openNpy(paths.codes);
  try {
    const codes = new Float32Array(found.length * file.rowLength);
    for (let first = 0, next = 0; first < found.length; first = next) {
      const row = rows.get(found[first]!)!;
      // Neighbours are read together: a table in the order of the file takes one read.
      do next++;
      while (next < found.length && rows.get(found[next]!) === row + next - first);
      codes.set((await file.read(row, next - first)) as Float32Array, first * file.rowLength);
    }
    return { ids: found, codeSize: file.rowLength, codes };
  } finally {
    await file.close();
  }
}
