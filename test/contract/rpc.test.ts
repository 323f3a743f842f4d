// Calls and subscriptions between two connected ports: answers, errors, cancels, limits, and what happens when a port closes.
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { PinholeError } from '../../src-main/contract/errors.ts';
import { type MethodName, methods, type RemoteService } from '../../src-main/contract/methods.ts';
import { connectedPorts, type Port } from '../../src-main/contract/port.ts';
import { connectService, serveService } from '../../src-main/contract/rpc.ts';
import { decodeFrame, encodeFrame } from '../../src-main/contract/wire.ts';

type Implementation = { [K in MethodName | 'subscribe']?: (...parameters: never[]) => unknown };

function connect(implementation: Implementation) {
  const [near, far] = connectedPorts();
  serveService(far, implementation as unknown as RemoteService);
  const faults: PinholeError[] = [];
  return { ...connectService(near, (error) => faults.push(error)), near, faults };
}

/** The bare other end of a served port: what is sent by hand and what comes back. */
function speak(implementation: Implementation) {
  const [near, far] = connectedPorts();
  serveService(far, implementation as unknown as RemoteService);
  const replies: unknown[] = [];
  let closed: string | undefined;
  near.onMessage((frame) => replies.push(decodeFrame(frame)));
  near.onClose((reason) => {
    closed = reason;
  });
  const say = (message: unknown) => near.send(encodeFrame(message));
  return { near, say, replies, isClosed: () => closed !== undefined };
}

const call = (id: number, method: string, ...parameters: unknown[]) => ({ type: 'call', id, method, parameters });

describe('a call', () => {
  test('takes its parameters over and brings the result back, arrays included', async () => {
    const { service } = connect({
      images: async (datasetId: string, ids: Int32Array) => ({
        ids,
        ...{ height: 1, width: 2, channels: 1, data: Uint8Array.from(ids) },
        name: datasetId,
      }),
    });
    expect(await service.images('d', Int32Array.of(3, 4))).toEqual({
      ids: Int32Array.of(3, 4),
      ...{ height: 1, width: 2, channels: 1, data: Uint8Array.of(3, 4), name: 'd' },
    });
  });

  test('that gives nothing gives undefined', async () => {
    const { service } = connect({ deleteRun: async () => {} });
    expect(await service.deleteRun('r')).toBeUndefined();
  });

  test('fills in defaults and trims, as the schemas say', async () => {
    const given: unknown[] = [];
    const { service } = connect({
      renameDataset: async (...parameters) => void given.push(parameters),
      startTask: async (request) => {
        given.push(request);
        return 't1';
      },
    });
    await service.renameDataset('d', ' photos ');
    expect(await service.startTask({ kind: 'samples' })).toBe('t1');
    expect(given).toEqual([['d', 'photos'], { kind: 'samples', count: 3000 }]);
  });

  test('is answered in whatever order the answers come', async () => {
    const first = Promise.withResolvers<never[]>();
    const { service } = connect({ runs: () => first.promise, datasets: async () => ['d'] });
    const runs = service.runs();
    expect(await service.datasets()).toEqual(['d']);
    first.resolve([]);
    expect(await runs).toEqual([]);
  });

  test('arrives in the order in which it was made', async () => {
    const offsets: number[] = [];
    const { service } = connect({ upload: async (_id, _path, offset) => void offsets.push(offset) });
    const piece = new Uint8Array(4 * 2 ** 20);
    await Promise.all(Array.from({ length: 40 }, (_, index) => service.upload('u', 'a.png', index, piece)));
    expect(offsets).toEqual(Array.from({ length: 40 }, (_, index) => index));
  });

  test('that fails brings code, message, advice and cause', async () => {
    const { service } = connect({
      runs: async () => {
        throw new PinholeError('disk-full', 'Full.', 'Free some.', { cause: 'ENOSPC' });
      },
      datasets: () => {
        throw new RangeError('surprise');
      },
    });
    await expect(service.runs()).rejects.toMatchObject({
      ...{ code: 'disk-full', message: 'Full.', advice: 'Free some.', cause: 'ENOSPC' },
    });
    await expect(service.datasets()).rejects.toMatchObject({ code: 'internal', message: 'internal: surprise' });
  });

  test('whose result cannot be sent fails', async () => {
    const { service } = connect({ runs: async () => [new Map()] });
    await expect(service.runs()).rejects.toMatchObject({
      code: 'internal',
      message: 'internal: expected plain data to send, received [object Map]',
    });
  });

  test.each([
    ['renameDataset', ['d', ' '], 'Expected >=1 for parameter 2 of renameDataset, received 0.'],
    ['renameDataset', ['d'], 'Expected string for parameter 2 of renameDataset, received undefined.'],
    ['datasetDetails', ['../etc'], 'Expected a valid value for parameter 1 of datasetDetails, received "../etc".'],
    ['describeTraining', ['d', { epochs: -1 }], 'Expected >=0 for epochs, received -1.'],
    ['describeTraining', ['d', { optimizer: { type: 'adam', beta1: 3 } }], 'for optimizer.beta1, received'],
    ['images', ['d', [1, 2]], 'Expected Int32Array for parameter 2 of images, received Array.'],
    ['images', ['d', new Int32Array(4097)], 'Expected a valid value for parameter 2 of images, received Int32Array.'],
    ['download', ['/etc/passwd\0.csv', 0], 'Expected a valid value for parameter 1 of download'],
  ] as const)('of %s with %o is refused before anything is done', async (method, parameters, message) => {
    let done = false;
    const { service } = connect({
      [method]: async () => {
        done = true;
      },
    });
    const untyped = service as unknown as Record<string, (...parameters: unknown[]) => Promise<unknown>>;
    await expect(untyped[method]!(...parameters)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(message),
    });
    expect(done).toBe(false);
  });

  test('of everything that is no method is refused, whatever the service has', async () => {
    const { say, replies } = speak({ runs: async () => [], close: async () => {} } as Implementation);
    const names = ['close', 'import', 'subscribe', 'constructor', '__proto__', 'toString', 'hasOwnProperty', ''];
    names.forEach((name, index) => {
      say(call(index, name));
    });
    await turn();
    expect(replies).toEqual(
      names.map((name, id) => ({
        ...{ type: 'error', id },
        error: { code: 'refused', message: `Expected a method of Pinhole, received "${name}".`, advice: '' },
      })),
    );
  });
});

describe('a cancel', () => {
  const untilAborted = (_request: unknown, { signal }: { signal: AbortSignal }) =>
    new Promise((_, reject) =>
      signal.addEventListener('abort', () => reject(new PinholeError('cancelled', 'Stopped.', 'Go on.'))),
    );
  const request = { sources: ['/pictures'] };

  test('reaches the service, and its answer reaches the caller', async () => {
    const { service } = connect({ previewImport: untilAborted });
    const controller = new AbortController();
    const preview = service.previewImport(request, { signal: controller.signal });
    controller.abort();
    await expect(preview).rejects.toMatchObject({ code: 'cancelled', advice: 'Go on.' });
  });

  test('before the call keeps it from being made', async () => {
    const { service } = connect({ previewImport: () => expect.fail('called') });
    await expect(service.previewImport(request, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'cancelled',
    });
  });

  test('of a call that waits for others takes it off the queue', async () => {
    let calls = 0;
    const gate = Promise.withResolvers<never[]>();
    const { service } = connect({
      runs: () => gate.promise,
      previewImport: async () => void calls++,
    });
    const others = Array.from({ length: 40 }, () => service.runs());
    const controller = new AbortController();
    const preview = service.previewImport(request, { signal: controller.signal });
    controller.abort();
    await expect(preview).rejects.toMatchObject({ code: 'cancelled' });
    gate.resolve([]);
    await Promise.all(others);
    expect(calls).toBe(0);
  });

  test('after the answer does nothing, and the signal is let go', async () => {
    const { service } = connect({ devices: async () => [] });
    const controller = new AbortController();
    const signal = controller.signal;
    let listeners = 0;
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (...parameters: Parameters<typeof addEventListener>) => {
      listeners++;
      addEventListener.apply(signal, parameters);
    };
    signal.removeEventListener = (...parameters: Parameters<typeof removeEventListener>) => {
      listeners--;
      removeEventListener.apply(signal, parameters);
    };
    await service.devices({ signal });
    expect(listeners).toBe(0);
    controller.abort();
    await turn();
  });
});

test('progress and notices come before the answer, and only of the own call', async () => {
  const { service } = connect({
    previewImport: async (_request, context: { onProgress(value: unknown): void; onNotice(value: unknown): void }) => {
      context.onProgress({ stage: 'scan', done: 1, total: null, rate: 2 });
      context.onNotice({ level: 'info', message: 'By the way.' });
      return 'preview';
    },
  });
  const heard: unknown[] = [];
  const context = {
    onProgress: (value: unknown) => heard.push(value),
    onNotice: (value: unknown) => heard.push(value),
  };
  await Promise.all([service.previewImport({ sources: ['a'] }, context), service.previewImport({ sources: ['b'] })]);
  expect(heard).toEqual([
    { stage: 'scan', done: 1, total: null, rate: 2 },
    { level: 'info', message: 'By the way.' },
  ]);
});

describe('a subscription', () => {
  function topics() {
    const listeners = new Map<string, Set<(event: unknown) => void>>();
    const subscribe = (topic: string, listener: (event: unknown) => void) => {
      const set = listeners.get(topic) ?? new Set();
      listeners.set(topic, set.add(listener));
      listener('first');
      return () => set.delete(listener);
    };
    const publish = (topic: string, event: unknown) => {
      for (const listener of listeners.get(topic) ?? []) listener(event);
    };
    return { subscribe, publish, count: (topic: string) => listeners.get(topic)?.size ?? 0 };
  }

  test('brings every event, beginning with one during `subscribe`, until it is ended', async () => {
    const { subscribe, publish, count } = topics();
    const { service } = connect({ subscribe });
    const [one, two]: [unknown[], unknown[]] = [[], []];
    const stop = service.subscribe('run:r-1', (event) => one.push(event));
    service.subscribe('run:r-2', (event) => two.push(event));
    await turn();
    publish('run:r-1', { type: 'probes', step: 1, data: Uint8Array.of(1), map: null });
    await turn();
    stop();
    stop();
    publish('run:r-1', 'not for us any more');
    await turn();
    expect(one).toEqual(['first', { type: 'probes', step: 1, data: Uint8Array.of(1), map: null }]);
    expect(two).toEqual(['first']);
    expect([count('run:r-1'), count('run:r-2')]).toEqual([0, 1]);
  });

  test('to what is no topic is refused on both sides', async () => {
    const { service } = connect({ subscribe: () => expect.fail('subscribed') });
    expect(() => service.subscribe('secrets' as 'tasks', () => {})).toThrow(PinholeError);
    const { say, replies } = speak({ subscribe: () => expect.fail('subscribed') });
    for (const topic of ['secrets', 'run:', 'run:../x', '']) say({ type: 'subscribe', id: 1, topic });
    await turn();
    expect(replies).toHaveLength(4);
    for (const reply of replies) expect(reply).toMatchObject({ type: 'error', id: 1, error: { code: 'refused' } });
  });

  test('that the service refuses is a fault that is heard', async () => {
    const { service, faults } = connect({
      subscribe: () => {
        throw new PinholeError('not-found', 'No such run.');
      },
    });
    service.subscribe('run:r', () => {});
    await turn();
    expect(faults).toMatchObject([{ code: 'not-found' }]);
  });

  test('is ended when the port closes', async () => {
    const { subscribe, count } = topics();
    const { service, close } = connect({ subscribe });
    service.subscribe('tasks', () => {});
    await turn();
    expect(count('tasks')).toBe(1);
    close();
    await turn();
    expect(count('tasks')).toBe(0);
  });
});

describe('when the port closes', () => {
  test('calls under way, those that wait and later ones reject', async () => {
    const { service, near, closed } = connect({ runs: () => new Promise(() => {}) });
    const settled = Promise.allSettled(Array.from({ length: 40 }, () => service.runs()));
    near.close();
    expect(await closed).toBe('closed');
    for (const outcome of await settled) expect(outcome).toMatchObject({ reason: { code: 'disconnected' } });
    await expect(service.runs()).rejects.toMatchObject({ code: 'disconnected' });
  });

  test('a call under way is cancelled on the other side, and its late answer goes nowhere', async () => {
    const gone = Promise.withResolvers<void>();
    const { service, close } = connect({
      previewImport: (_request, { signal }: { signal: AbortSignal }) =>
        new Promise((resolve) =>
          signal.addEventListener('abort', () => {
            resolve('too late');
            gone.resolve();
          }),
        ),
    });
    const preview = service.previewImport({ sources: ['a'] });
    await turn();
    close();
    await expect(preview).rejects.toMatchObject({ code: 'disconnected' });
    await gone.promise;
  });

  test('from the other side, the reason is told', async () => {
    const [near, far] = connectedPorts();
    const { closed, service } = connectService(near);
    const runs = service.runs();
    far.close();
    await expect(runs).rejects.toMatchObject({
      code: 'disconnected',
      message: 'The connection to Pinhole was lost before the answer came.',
    });
    expect(await closed).toBe('lost');
  });
});

describe('limits', () => {
  test('a window keeps its own calls under the limit: thousands at once are all answered', async () => {
    let [under, most] = [0, 0];
    const { service } = connect({
      runs: async () => {
        most = Math.max(most, ++under);
        await turn();
        under--;
        return [];
      },
    });
    const answers = await Promise.all(Array.from({ length: 3000 }, () => service.runs()));
    expect(answers).toHaveLength(3000);
    expect(most).toBe(32);
  });

  test('one that does not is refused', async () => {
    const { say, replies } = speak({ runs: () => new Promise(() => {}) });
    for (let id = 0; id < 300; id++) say(call(id, 'runs'));
    await turn();
    expect(replies).toHaveLength(44);
    expect(replies[0]).toMatchObject({
      id: 256,
      error: { code: 'refused', advice: 'Wait for answers before asking for more.' },
    });
  });

  test('so is more than 64 MB at once', async () => {
    const { say, replies } = speak({ upload: () => new Promise(() => {}) });
    for (let id = 0; id < 20; id++) say(call(id, 'upload', 'u', 'a', 0, new Uint8Array(4 * 2 ** 20)));
    await turn();
    expect(replies).toMatchObject(
      [15, 16, 17, 18, 19].map((id) => ({ type: 'error', id, error: { code: 'refused' } })),
    );
  });

  test('so are an id that is under way and too many subscriptions', async () => {
    const { say, replies } = speak({ runs: () => new Promise(() => {}), subscribe: () => () => {} });
    say(call(1, 'runs'));
    say(call(1, 'runs'));
    for (let id = 0; id < 258; id++) say({ type: 'subscribe', id, topic: 'tasks' });
    say({ type: 'subscribe', id: 0, topic: 'tasks' });
    await turn();
    expect(replies.map((reply) => (reply as { error: { message: string } }).error.message)).toEqual([
      'Expected a new id for a call, received 1, which is under way.',
      ...Array(2).fill('Expected at most 256 subscriptions, received more.'),
      'Expected a new id for a subscription, received 0, which is in use.',
    ]);
  });

  test('whoever goes on talking nonsense is cut off', async () => {
    const { near, replies, isClosed } = speak({});
    for (let count = 0; count < 200; count++) near.send(Uint8Array.of(1, 2, 3));
    await turn();
    expect(isClosed()).toBe(true);
    expect(replies).toHaveLength(101);
    expect(replies[0]).toEqual({
      ...{ type: 'error', id: null },
      error: {
        code: 'refused',
        message: 'Expected a message of Pinhole, received something else: it has 3 bytes.',
        advice: '',
      },
    });
  });
});

test.each([
  [{ type: 'call', id: 1, method: 'runs' }],
  [{ type: 'call', id: -1, method: 'runs', parameters: [] }],
  [{ type: 'call', id: 1.5, method: 'runs', parameters: [] }],
  [{ type: 'call', id: 1, method: 'runs', parameters: [], more: true }],
  [{ type: 'call', id: 1, method: ['runs'], parameters: [] }],
  [{ type: 'result', id: 1, value: 1 }],
  [{ type: 'cancel' }],
  [{ type: 'subscribe', id: 1, topic: { toString: 'tasks' } }],
  [[]],
  [null],
  ['runs'],
])('%j is no message', async (message) => {
  const { say, replies } = speak({ runs: async () => [], subscribe: () => expect.fail('subscribed') });
  say(message);
  await turn();
  expect(replies).toMatchObject([{ type: 'error', error: { code: 'refused' } }]);
});

test('a cancel or unsubscribe of what is not there does nothing', async () => {
  const { say, replies } = speak({ runs: async () => [] });
  say({ type: 'cancel', id: 7 });
  say({ type: 'unsubscribe', id: 7 });
  say(call(1, 'runs'));
  await turn();
  expect(replies).toEqual([{ type: 'result', id: 1, value: [] }]);
});

test('a window closes a port over which nonsense comes', async () => {
  const [near, far] = connectedPorts();
  const faults: PinholeError[] = [];
  const { service, closed } = connectService(near, (error) => faults.push(error));
  const runs = service.runs();
  far.send(Uint8Array.of(9));
  await expect(runs).rejects.toMatchObject({ code: 'disconnected' });
  expect(await closed).toBe('closed');
  expect(faults).toMatchObject([{ code: 'refused' }]);
});

test('every method of the contract can be called by its name', () => {
  const { service } = connect({});
  expect(Object.keys(service).sort()).toEqual([...Object.keys(methods), 'subscribe'].sort());
});

test('connected ports: frames are lost after a close, and both ends hear of it once', async () => {
  const [near, far] = connectedPorts();
  const heard: string[] = [];
  const listen = (name: string, port: Port) => {
    port.onMessage((frame) => heard.push(`${name} ${frame}`));
    port.onClose((reason) => heard.push(`${name} ${reason}`));
  };
  listen('near', near);
  listen('far', far);
  near.send(Uint8Array.of(1));
  await turn();
  near.close();
  far.close();
  near.send(Uint8Array.of(2));
  far.send(Uint8Array.of(3));
  await turn();
  expect(heard).toEqual(['far 1', 'near closed', 'far closed']);
});
