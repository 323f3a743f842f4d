// Which tasks wait for which: imports run beside trainings, a paused training gives its place away, data sets are not pulled away.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PinholeError } from '../../src-main/contract/errors.ts';
import type { Context } from '../../src-main/contract/records.ts';
import type { Task, TaskRequest } from '../../src-main/contract/tasks.ts';
import { type Surroundings, Topics } from '../../src-main/host/window/parts.ts';
import { type TaskPart, type TaskWork, taskPart } from '../../src-main/host/window/tasks.ts';
import { temporaryFolder } from '../support/temporary.ts';

/** Work that lasts until it is let go, in the order in which it began. */
interface Work {
  name: string;
  said: string[];
  end: () => void;
}

let part: TaskPart;
let under: Work[];
let workspace: string;

beforeEach(() => {
  under = [];
  workspace = temporaryFolder();
  const perform = (name: string, context: Context = {}) => {
    const { promise, resolve, reject } = Promise.withResolvers<never>();
    const work: Work = { name, said: [], end: () => resolve({} as never) };
    under.push(work);
    context.signal?.addEventListener('abort', () => reject(new PinholeError('cancelled', 'Cancelled.', '')));
    const say = (word: string) => () => void work.said.push(word);
    context.onControls?.({ pause: say('pause'), resume: say('resume'), finish: say('finish') });
    return promise;
  };
  const work = {
    import: (request: { name: string }, context: Context) => perform(request.name, context),
    train: async (datasetId: string, _request: unknown, _options: unknown, context: Context) => {
      await perform(datasetId, context);
      return { run: { id: 'run' } };
    },
    encode: async () => ({}),
  } as unknown as TaskWork;
  const surroundings = {
    workspace,
    roots: [workspace],
    allowed: new Set(),
    resumeTasks: false,
    topics: new Topics(),
    catalogue: { getDataset: (id: string) => ({ id, name: id }) },
  } as unknown as Surroundings;
  part = taskPart(surroundings, work);
});

afterEach(() => part.stop());

const train = (datasetId: string): TaskRequest => ({ kind: 'train', datasetId, request: {} });
const bring = (name: string): TaskRequest => ({ kind: 'import', request: { sources: [workspace], name } });
const task = async (id: string): Promise<Task> => (await part.tasks()).find((one) => one.id === id)!;
const begun = () => under.map(({ name }) => name);

test('an import runs beside a training; a second one waits for the first, and says so', async () => {
  await part.startTask(train('digits'));
  const first = await part.startTask(bring('photos'));
  const second = await part.startTask(bring('scans'));
  expect(begun()).toEqual(['digits', 'photos']);
  expect(await task(second)).toMatchObject({ state: 'waiting', waitsFor: first });
  under[1]!.end();
  await expect.poll(begun).toEqual(['digits', 'photos', 'scans']);
  expect(await task(second)).toMatchObject({ state: 'running', waitsFor: null });
});

test('a paused training gives its place away, and goes on when it is free again', async () => {
  const first = await part.startTask(train('digits'));
  const second = await part.startTask(train('photos'));
  expect(await task(second)).toMatchObject({ state: 'waiting', waitsFor: first });
  await part.pauseTask(first);
  expect(begun()).toEqual(['digits', 'photos']);
  await part.resumeTask(first);
  expect(await task(first)).toMatchObject({ state: 'waiting', waitsFor: second });
  expect(under[0]!.said).toEqual(['pause']);
  under[1]!.end();
  await expect.poll(async () => (await task(first)).state).toBe('running');
  expect(under[0]!.said).toEqual(['pause', 'resume']);
});

test('what waits after a pause can be cancelled, and ends as what was at work', async () => {
  const first = await part.startTask(train('digits'));
  const second = await part.startTask(train('photos'));
  await part.pauseTask(first);
  await part.resumeTask(first);
  await part.cancelTask(first);
  await expect.poll(async () => (await task(first)).state).toBe('interrupted');
  expect(await task(second)).toMatchObject({ state: 'running' });
});

test('images of a data set do not change while a training on it is paused', async () => {
  const imported = await part.startTask(bring('photos'));
  const { datasetId } = await task(imported);
  under[0]!.end();
  await expect.poll(async () => (await task(imported)).state).toBe('done');
  const training = await part.startTask(train(datasetId!));
  await part.pauseTask(training);
  const again = await part.startTask(bring('photos'));
  expect(await task(again)).toMatchObject({ state: 'waiting', waitsFor: training });
});
