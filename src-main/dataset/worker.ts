// One decoding thread: takes survey, grey and decode tasks one after another and answers each. Writes nothing.
import { hash } from 'node:crypto';
import { statSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { PinholeError, throwIfCancelled } from '../contract/errors.ts';
import type { ImportFailure, Preprocessing } from '../contract/records.ts';
import { decodeArray } from './array.ts';
import { type Content, readAll, readHead, unreadable } from './bytes.ts';
import { decodeImage, readHeader } from './decode.ts';
import { isGrey, orientedSize, type Picture, render } from './picture.ts';
import { type Format, recognise } from './recognise.ts';
import type {
  Candidate,
  Decoded,
  DecodeResult,
  DecodeTask,
  GreyResult,
  GreyTask,
  KnownFile,
  Result,
  Survey,
  SurveyResult,
  SurveyTask,
  Task,
} from './tasks.ts';
import { countValues, noValues } from './values.ts';

/** Raised by the import: what is being done is given up at the next image. */
const stop = new Int32Array(workerData as SharedArrayBuffer);
const isStopped = () => Atomics.load(stop, 0) !== 0;

let last: Promise<void> = Promise.resolve();
parentPort!.on('message', (message: { id: number; task: Task } | null) => {
  if (message === null) parentPort!.close();
  else last = last.then(() => answer(message.id, message.task));
});

async function answer(id: number, task: Task): Promise<void> {
  try {
    const result = await perform(task);
    const transfer = 'kept' in result ? [result.kept.buffer] : 'rows' in result ? [result.rows.buffer] : [];
    parentPort!.postMessage({ id, result }, transfer);
  } catch (error) {
    parentPort!.postMessage({ id, error: PinholeError.from(error).toJSON() });
  }
}

function perform(task: Task): Promise<Result> {
  switch (task.kind) {
    case 'survey':
      return surveyAll(task);
    case 'grey':
      return findColor(task);
    case 'decode':
      return decodeAll(task);
    default:
      return task satisfies never;
  }
}

async function surveyAll(task: SurveyTask): Promise<SurveyResult> {
  const keeper = createKeeper(task.candidates.length, task.keepBytes);
  const values = noValues();
  const surveys: Survey[] = [];
  for (const [index, candidate] of task.candidates.entries()) {
    checkStopped();
    const known = task.known[index] ?? null;
    const result = await orFailure<Survey>(candidate, async () => {
      if (known !== null && isUntouched(candidate, known)) return { state: 'same', modified: known.modified };
      return survey(candidate, index, known, task, keeper, values);
    });
    surveys.push(result.state === 'failed' ? { ...result, format: formatOf(candidate) } : result);
  }
  return { kind: 'survey', surveys, ...keeper.finish(), values };
}

/** What a file that failed holds, for the account of what was found. */
function formatOf({ place, path, array }: Candidate): Format | null {
  if (array !== null) return null;
  try {
    return recognise(readHead(place).bytes, path);
  } catch {
    // Unreadable: the failure says why.
    return null;
  }
}

/** Size and time of change as they were: the content is taken to be the same, too. */
function isUntouched({ place }: Candidate, known: KnownFile): boolean {
  if (known.modified === 0) return false;
  try {
    const { size, mtimeMs } = statSync(place.file);
    return size === known.bytes && mtimeMs === known.modified;
  } catch (error) {
    throw unreadable(error);
  }
}

async function survey(
  candidate: Candidate,
  index: number,
  known: KnownFile | null,
  task: SurveyTask,
  keeper: Keeper,
  values: SurveyResult['values'],
): Promise<Survey> {
  let content = readHead(candidate.place);
  if (known !== null) {
    content = completed(content, candidate);
    if (known.sha256 === hash('sha256', content.bytes, 'hex')) return { state: 'same', modified: content.modified };
  }
  const { size: bytes, modified } = content;
  if (candidate.array !== null) {
    const { width, height, channels, type } = candidate.array;
    const deep = type !== 'uint8' && type !== 'bool';
    if (deep && task.countValues)
      countValues(await decode(candidate, completed(content, candidate).bytes, task), values);
    if (content.complete) keeper.keep(index, content.bytes);
    return { state: 'new', format: 'array', width, height, color: channels > 2, deep, pages: 1, bytes, modified };
  }
  let header = await readHeader(content.bytes, content.complete, candidate.path, task.pixelLimit);
  if (header === undefined) {
    content = completed(content, candidate);
    header = await readHeader(content.bytes, true, candidate.path, task.pixelLimit);
  }
  if (content.complete) keeper.keep(index, content.bytes);
  const { decoder: _, ...found } = header!;
  if (found.deep && task.countValues) {
    for (let page = 0; page < found.pages; page++) {
      countValues(await decode({ ...candidate, page }, completed(content, candidate).bytes, task), values);
    }
  }
  return { state: 'new', ...found, bytes, modified };
}

const completed = (content: Content, { place }: Candidate): Content => (content.complete ? content : readAll(place));

async function findColor({ candidates, pixelLimit }: GreyTask): Promise<GreyResult> {
  for (const candidate of candidates) {
    checkStopped();
    try {
      if (!isGrey(await decode(candidate, readAll(candidate.place).bytes, { pixelLimit })))
        return { kind: 'grey', color: true };
    } catch (error) {
      // A damaged image has no colour; the decoding lists it.
      if (!(error instanceof PinholeError)) throw error;
    }
  }
  return { kind: 'grey', color: false };
}

async function decodeAll(task: DecodeTask): Promise<DecodeResult> {
  const { width, height, channels } = task.preprocessing;
  const length = width * height * channels;
  const rows = new Uint8Array(task.candidates.length * length);
  const decoded: Decoded[] = [];
  let position = 0;
  for (const [index, candidate] of task.candidates.entries()) {
    checkStopped();
    const result = await orFailure<Decoded>(candidate, async () => {
      const { bytes, modified } = contentOf(task, index, candidate);
      const sha256 = hash('sha256', bytes, 'hex');
      const size = bytes.length;
      const picture = await decode(candidate, bytes, task, task.preprocessing);
      render(picture, task.preprocessing, rows, position);
      return { state: 'decoded', ...orientedSize(picture), bytes: size, modified, sha256 };
    });
    if (result.state === 'decoded') position += length;
    decoded.push(result);
  }
  return { kind: 'decode', decoded, rows: rows.subarray(0, position) };
}

function contentOf(task: DecodeTask, index: number, candidate: Candidate): { bytes: Uint8Array; modified: number } {
  const length = task.lengths[index]!;
  if (length < 0) return readAll(candidate.place);
  const start = task.offsets[index]!;
  return { bytes: task.kept.subarray(start, start + length), modified: task.modified[index]! };
}

function decode(
  candidate: Candidate,
  bytes: Uint8Array,
  { pixelLimit }: { pixelLimit: number },
  target: Preprocessing | null = null,
): Picture | Promise<Picture> {
  if (candidate.array !== null) return decodeArray(bytes, candidate.array);
  return decodeImage(bytes, candidate.path, { page: candidate.page, pixelLimit, target });
}

async function orFailure<T>(
  candidate: Candidate,
  action: () => Promise<T>,
): Promise<T | { state: 'failed'; failure: ImportFailure }> {
  try {
    return await action();
  } catch (error) {
    const { code, message, advice } = PinholeError.from(error);
    const reason = advice === '' || code === 'internal' ? message : `${message} ${advice}`;
    return { state: 'failed', failure: { path: candidate.path, code, reason } };
  }
}

function checkStopped(): void {
  if (isStopped()) throwIfCancelled(AbortSignal.abort());
}

interface Keeper {
  /** Copies the content of a candidate, if there is room. */
  keep(index: number, bytes: Uint8Array): void;
  finish(): Pick<SurveyResult, 'kept' | 'offsets' | 'lengths'>;
}

function createKeeper(count: number, limit: number): Keeper {
  let kept = new Uint8Array(Math.min(limit, 64 * 1024));
  let used = 0;
  const offsets = new Int32Array(count);
  const lengths = new Int32Array(count).fill(-1);
  return {
    keep(index, bytes) {
      if (used + bytes.length > limit) return;
      if (used + bytes.length > kept.length) {
        const larger = new Uint8Array(Math.min(limit, Math.max(2 * kept.length, used + bytes.length)));
        larger.set(kept.subarray(0, used));
        kept = larger;
      }
      kept.set(bytes, used);
      offsets[index] = used;
      lengths[index] = bytes.length;
      used += bytes.length;
    },
    finish: () => ({ kept: used === kept.length ? kept : kept.slice(0, used), offsets, lengths }),
  };
}
