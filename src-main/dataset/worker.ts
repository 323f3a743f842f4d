// One decoding thread: takes survey, grey and decode tasks one after another and answers each. Writes nothing.
import { hash } from 'node:crypto';
import { statSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { PinholeError, throwIfCancelled } from '../contract/errors.ts';
import type { ImportFailure, Preprocessing } from '../contract/records.ts';
import { decodeArray } from './array.ts';
import { type Content, readAll, readHead, unreadable } from './bytes.ts';
import { packSurveys, unpackSubjects } from './columns.ts';
import { decodeImage, type Header, readHeader } from './decode.ts';
import { decodePng } from './formats/png.ts';
import { isGrey, orientedSize, type Picture, render, toPlain } from './picture.ts';
import { type Format, recognise } from './recognise.ts';
import type {
  Decoded,
  DecodeResult,
  DecodeTask,
  GreyResult,
  GreyTask,
  KnownFile,
  Result,
  Subject,
  Survey,
  SurveyResult,
  SurveyTask,
  Task,
} from './tasks.ts';
import { countValues, noValues } from './values.ts';

// Windows, and whatever else a person does, come first. Elsewhere than on Linux a thread has no priority of its own.
const low = constants.priority.PRIORITY_BELOW_NORMAL;
if (process.platform === 'linux' && getPriority() < low) setPriority(low);

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
  const subjects = unpackSubjects(task.subjects);
  const keeper = createKeeper(subjects.length, task.keepBytes);
  const values = noValues();
  const surveys: Survey[] = [];
  for (const [index, subject] of subjects.entries()) {
    checkStopped();
    const known = task.known?.[index] ?? null;
    const result = await orFailure<Survey>(subject, async () => {
      if (known !== null && isUntouched(subject, known)) return { state: 'same', modified: known.modified };
      return survey(subject, index, known, task, keeper, values);
    });
    surveys.push(result.state === 'failed' ? { ...result, format: formatOf(subject) } : result);
  }
  return { kind: 'survey', surveys: packSurveys(surveys), ...keeper.finish(), values };
}

/** What a file that failed holds, for the account of what was found. */
function formatOf({ place, path, array }: Subject): Format | null {
  if (array !== null) return null;
  try {
    return recognise(readHead(place).bytes, path);
  } catch {
    // Unreadable: the failure says why.
    return null;
  }
}

/** Size and time of change as they were: the content is taken to be the same, too. */
function isUntouched({ place }: Subject, known: KnownFile): boolean {
  if (known.modified === 0) return false;
  try {
    const { size, mtimeMs } = statSync(place.file);
    return size === known.bytes && mtimeMs === known.modified;
  } catch (error) {
    throw unreadable(error);
  }
}

async function survey(
  subject: Subject,
  index: number,
  known: KnownFile | null,
  task: SurveyTask,
  keeper: Keeper,
  values: SurveyResult['values'],
): Promise<Survey> {
  let content = readHead(subject.place);
  if (known !== null) {
    content = completed(content, subject);
    if (known.sha256 === hash('sha256', content.bytes, 'hex')) return { state: 'same', modified: content.modified };
  }
  const { size: bytes, modified } = content;
  if (subject.array !== null) {
    const { width, height, channels, type } = subject.array;
    const deep = type !== 'uint8' && type !== 'bool';
    if (deep && task.countValues) countValues(await decode(subject, completed(content, subject).bytes, task), values);
    if (content.complete) keeper.keep(index, content.bytes);
    const color = channels > 2;
    return { state: 'new', format: 'array', width, height, color, deep, pages: 1, bytes, modified, early: null };
  }
  let header = await readHeader(content.bytes, content.complete, subject.path, task.pixelLimit);
  if (header === undefined) {
    content = completed(content, subject);
    header = await readHeader(content.bytes, true, subject.path, task.pixelLimit);
  }
  const early = content.complete ? decodeEarly(content, header!, index, task, keeper) : null;
  if (early !== null) return early;
  if (content.complete) keeper.keep(index, content.bytes);
  const { decoder: _, ...found } = header!;
  if (found.deep && task.countValues) {
    for (let page = 0; page < found.pages; page++) {
      countValues(await decode({ ...subject, page }, completed(content, subject).bytes, task), values);
    }
  }
  return { state: 'new', ...found, bytes, modified, early: null };
}

// Beyond this an image is worth the way to a thread of its own.
const earlyPixels = 64 * 64;

/** Small images are decoded at once: handling them a second time would cost more than their pixels take room. */
function decodeEarly(
  { bytes, modified, size }: Content,
  { decoder, ...found }: Header,
  index: number,
  { background }: SurveyTask,
  keeper: Keeper,
): Survey | null {
  if (decoder !== 'png' || found.deep || found.width * found.height > earlyPixels) return null;
  const sha256 = hash('sha256', bytes, 'hex');
  const picture = decodePng(bytes) as Picture & { data: Uint8Array };
  const { channels, data } = toPlain(picture, background);
  if (!keeper.keep(index, data)) return null;
  return { state: 'new', ...found, color: channels === 3, bytes: size, modified, early: { channels, sha256 } };
}

const completed = (content: Content, { place }: Subject): Content => (content.complete ? content : readAll(place));

async function findColor({ subjects, pixelLimit }: GreyTask): Promise<GreyResult> {
  for (const subject of unpackSubjects(subjects)) {
    checkStopped();
    try {
      if (!isGrey(await decode(subject, readAll(subject.place).bytes, { pixelLimit })))
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
  const subjects = unpackSubjects(task.subjects);
  const rows = new Uint8Array(subjects.length * length);
  const decoded: Decoded[] = [];
  let position = 0;
  for (const [index, subject] of subjects.entries()) {
    checkStopped();
    const result = await orFailure<Decoded>(subject, async () => {
      const { bytes, modified } = contentOf(task, index, subject);
      const sha256 = hash('sha256', bytes, 'hex');
      const size = bytes.length;
      const picture = await decode(subject, bytes, task, task.preprocessing);
      render(picture, task.preprocessing, rows, position);
      return { state: 'decoded', ...orientedSize(picture), bytes: size, modified, sha256 };
    });
    if (result.state === 'decoded') position += length;
    decoded.push(result);
  }
  return { kind: 'decode', decoded, rows: rows.subarray(0, position) };
}

function contentOf(task: DecodeTask, index: number, subject: Subject): { bytes: Uint8Array; modified: number } {
  const length = task.lengths[index]!;
  if (length < 0) return readAll(subject.place);
  const start = task.offsets[index]!;
  return { bytes: task.kept.subarray(start, start + length), modified: task.modified[index]! };
}

function decode(
  subject: Subject,
  bytes: Uint8Array,
  { pixelLimit }: { pixelLimit: number },
  target: Preprocessing | null = null,
): Picture | Promise<Picture> {
  if (subject.array !== null) return decodeArray(bytes, subject.array);
  return decodeImage(bytes, subject.path, { page: subject.page, pixelLimit, target });
}

async function orFailure<T>(
  subject: Subject,
  action: () => Promise<T>,
): Promise<T | { state: 'failed'; failure: ImportFailure }> {
  try {
    return await action();
  } catch (error) {
    const { code, message, advice } = PinholeError.from(error);
    const reason = advice === '' || code === 'internal' ? message : `${message} ${advice}`;
    return { state: 'failed', failure: { path: subject.path, code, reason } };
  }
}

function checkStopped(): void {
  if (isStopped()) throwIfCancelled(AbortSignal.abort());
}

interface Keeper {
  /** Copies the content of an image; false if there is no room. */
  keep(index: number, bytes: Uint8Array): boolean;
  finish(): Pick<SurveyResult, 'kept' | 'offsets' | 'lengths'>;
}

function createKeeper(count: number, limit: number): Keeper {
  let kept = new Uint8Array(Math.min(limit, 64 * 1024));
  let used = 0;
  const offsets = new Int32Array(count);
  const lengths = new Int32Array(count).fill(-1);
  return {
    keep(index, bytes) {
      if (used + bytes.length > limit) return false;
      if (used + bytes.length > kept.length) {
        const larger = new Uint8Array(Math.min(limit, Math.max(2 * kept.length, used + bytes.length)));
        larger.set(kept.subarray(0, used));
        kept = larger;
      }
      kept.set(bytes, used);
      offsets[index] = used;
      lengths[index] = bytes.length;
      used += bytes.length;
      return true;
    },
    finish: () => ({ kept: used === kept.length ? kept : kept.slice(0, used), offsets, lengths }),
  };
}
