// run.pinhole-run.json: all that it takes to train the same again, and what came of it. Images and weights are named in it by
// their SHA-256 and lie elsewhere.
import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { PinholeError } from '../contract/errors.ts';
import type { EpochMetrics, Report } from '../contract/records.ts';
import { preprocessingSchema } from '../contract/settings.ts';
import { modelSpecSchema } from '../contract/spec.ts';
import { writeAtomic } from '../files/atomic.ts';

export const runRecordName = 'run.pinhole-run.json';
/** A later format that this one cannot read has a higher number. */
const format = 'pinhole-run-1';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'Expected a SHA-256 in hexadecimal'));
const deviceSchema = v.object({ kind: v.string(), name: v.string(), threads: count, reason: v.string() });

const recordedRunSchema = v.object({
  run: v.object({ id: v.string(), preset: v.string(), created: v.string() }),
  data: v.object({
    name: v.string(),
    height: count,
    width: count,
    channels: v.picklist([1, 3]),
    preprocessing: preprocessingSchema,
    /** What decided which images were held out; null where an older Pinhole imported them. */
    division: v.nullable(
      v.object({ validation: v.number(), fold: v.optional(v.tuple([count, count])), seed: v.number() }),
    ),
    images: v.object({ train: count, validation: count, test: count }),
    /** Of the prepared pixels and their splits, in the order that training knows them in. */
    hash: sha256,
    /** Of the files they came from, their ids and splits, and the preprocessing: what run.json and model.json name. */
    sourcesHash: sha256,
  }),
  /** Of everything random in training, and of the choice of what is held out. */
  seeds: v.object({ training: v.number(), division: v.nullable(v.number()) }),
  /** As they were given … */
  settings: v.record(v.string(), v.unknown()),
  /** … and with every default filled in. */
  plan: v.looseObject({ spec: modelSpecSchema, seconds: v.nullable(v.number()) }),
  device: deviceSchema,
  lostDevices: v.array(v.object({ ...deviceSchema.entries, step: count, error: v.string() })),
  versions: v.record(v.string(), v.string()),
  /** Why training ended. */
  reason: v.nullable(v.string()),
  /** The evaluation whose model was kept. */
  best: v.object({ step: count, validationMse: v.number() }),
  /** `sha256` is that of the file model.safetensors. */
  weights: v.object({ parameters: count, sha256 }),
  metrics: v.array(
    v.custom<EpochMetrics>((line) => v.is(v.looseObject({ step: count, validationMse: v.number() }), line)),
  ),
  report: v.nullable(v.custom<Report>((report) => typeof report === 'object')),
});
export type RecordedRun = v.InferOutput<typeof recordedRunSchema>;

export async function writeRunRecord(path: string, run: RecordedRun): Promise<void> {
  await writeAtomic(path, `${JSON.stringify({ format, ...run }, null, 2)}\n`);
}

/** Throws `source-missing` where the file cannot be read, `file-damaged` where it is no run record, naming the field. */
export async function readRunRecord(path: string): Promise<RecordedRun> {
  const content = parseJson(path, await readText(path));
  const found = (content as { format?: unknown } | null)?.format;
  if (found !== format) throw damaged(path, `Expected the format ${format}, received ${found ?? 'none'}`);
  const result = v.safeParse(recordedRunSchema, content);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw damaged(
    path,
    `Expected ${issue.expected ?? 'another value'} for ${v.getDotPath(issue)}, received ${issue.received}`,
  );
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const advice = `"pinhole export RUN --formats run-record --out FOLDER" writes ${runRecordName}.`;
    throw new PinholeError('source-missing', `${path} cannot be read.`, advice, { cause });
  }
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw damaged(path, `Expected JSON, received something else: ${(cause as Error).message}`);
  }
}

function damaged(path: string, fault: string): PinholeError {
  return new PinholeError('file-damaged', `${path} is no run record. ${fault}.`, 'Export it again from the run.');
}
