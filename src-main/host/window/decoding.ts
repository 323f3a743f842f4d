// Images that the kept model of a run makes: of its own images, of any codes, on the way between two, from its prior.
import { createBottleneck } from '../../compiler/bottleneck.ts';
import type { Service } from '../../contract/api.ts';
import { PinholeError } from '../../contract/errors.ts';
import type { ImageBlock } from '../../contract/views.ts';
import type { RunRecord } from '../../dataset/catalogue.ts';
import { expectLevels } from '../../latent/encode.ts';
import { codesBetween, codesOfPrior } from '../../latent/traversal.ts';
import { type ModelInfo, readModelInfo } from '../../training/model-files.ts';
import { runPaths } from '../../training/run-files.ts';
import { ReadySessions } from '../session.ts';
import { readCodeRows } from './codes.ts';
import { readImages } from './datasets.ts';
import type { Surroundings } from './parts.ts';

export type DecodingPart = Pick<Service, 'reconstructions' | 'decodeCodes' | 'decodeWalk' | 'decodeSamples'> & {
  /** Ends the model of this run where it is kept ready. */
  endModel(runId: string): void;
  /** Ends all models that are kept ready. */
  closeModels(): void;
};

/** Codes in one call. */
const most = 256;

export function decodingPart(surroundings: Surroundings): DecodingPart {
  const { workspace } = surroundings;
  const models = new ReadySessions<'session'>();
  const ask = ({ id, datasetId, folder }: RunRecord, asked: { ids: number[] } | { codes: Float32Array }) =>
    models.ask(id, () => ({ kind: 'session', workspace, datasetId, runFolder: folder }), asked);

  async function decode(run: RunRecord, { image }: ModelInfo, codes: Float32Array): Promise<ImageBlock> {
    const data = await ask(run, { codes });
    const { height, width } = image;
    const channels = image.channels as 1 | 3;
    const ids = Int32Array.from({ length: data.length / (height * width * channels) }, (_, index) => index);
    return { ids, height, width, channels, data };
  }

  return {
    async reconstructions(id, ids) {
      const run = finishedRun(surroundings, id);
      const block = readImages(surroundings, run.datasetId, ids);
      return { ...block, data: await ask(run, { ids: Array.from(ids) }) };
    },
    async decodeCodes(id, codes) {
      const run = finishedRun(surroundings, id);
      const info = await readModelInfo(runPaths(run.folder).model);
      expectCodes(info, codes);
      return decode(run, info, codes);
    },
    async decodeWalk(id, from, to, steps) {
      const run = finishedRun(surroundings, id);
      const info = await readModelInfo(runPaths(run.folder).model);
      const ends = await readCodeRows(run, Int32Array.of(from, to));
      if (ends.ids.length < 2) {
        throw new PinholeError(
          'not-found',
          `The run ${id} has no codes of the image ${ends.ids.includes(from) ? to : from}.`,
          'Choose another image.',
        );
      }
      return decode(run, info, codesBetween(info.spec, ends.codes, steps));
    },
    async decodeSamples(id, count, seed) {
      const run = finishedRun(surroundings, id);
      const info = await readModelInfo(runPaths(run.folder).model);
      return decode(run, info, codesOfPrior(info, info.spec, { count, seed }));
    },
    endModel: (id) => models.end(id),
    closeModels: () => models.close(),
  };
}

function finishedRun({ catalogue }: Surroundings, id: string): RunRecord {
  const run = catalogue.getRun(id);
  if (run.state === 'finished') return run;
  throw new PinholeError(
    'usage',
    `The run ${run.id} is ${run.state}; it has no model yet.`,
    'Train with the same settings again to finish it.',
  );
}

/** Here and not in the model's process, which a question that cannot be answered would end. */
function expectCodes({ spec }: ModelInfo, codes: Float32Array): void {
  const count = codes.length / spec.codeSize;
  if (!Number.isInteger(count) || count < 1 || count > most) {
    throw new PinholeError(
      'usage',
      `Expected 1 to ${most} codes of ${spec.codeSize} values for this model, received ${codes.length} values.`,
      'Ask for less at once.',
    );
  }
  expectLevels(createBottleneck(spec).numbers, codes);
}
