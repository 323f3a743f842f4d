// Calls and subscriptions over a port: the service on one end, its likeness on the other. Every parameter is checked on arrival.
import * as v from 'valibot';
import { PinholeError, type SerializedError } from './errors.ts';
import { type MethodName, methods, type RemoteService, topicSchema, withContext } from './methods.ts';
import type { Port } from './port.ts';
import type { Context, Notice, Progress } from './records.ts';
import type { TopicEvent, TopicName } from './views.ts';
import { decodeFrame, encodeFrame } from './wire.ts';

const id = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** To the service. Ids are the caller's; those of calls and subscriptions under way differ. */
const requestSchema = v.variant('type', [
  v.strictObject({ type: v.literal('call'), id, method: v.string(), parameters: v.array(v.unknown()) }),
  v.strictObject({ type: v.literal('cancel'), id }),
  v.strictObject({ type: v.literal('subscribe'), id, topic: v.string() }),
  v.strictObject({ type: v.literal('unsubscribe'), id }),
]);
type Request = v.InferOutput<typeof requestSchema>;

/** From the service, with the id of what it belongs to; null where that could not be told. */
type Reply =
  | { type: 'result'; id: number; value: unknown }
  | { type: 'error'; id: number | null; error: SerializedError }
  | { type: 'progress'; id: number; value: Progress }
  | { type: 'notice'; id: number; value: Notice }
  | { type: 'event'; id: number; value: unknown };

/** Of one connection, at the same time. A window keeps to `ownLimits`, far below; beyond `limits` calls are refused. */
const limits = { calls: 256, callBytes: 64 * 2 ** 20, subscriptions: 256, faults: 100 };
/** Further calls wait in the window, where they can be given up for nothing. */
const ownLimits = { calls: 32, callBytes: 16 * 2 ** 20 };

/** Offers the service to the other end until the port closes, which cancels and unsubscribes all that is under way. */
export function serveService(port: Port, service: RemoteService): void {
  new Server(port, service);
}

class Server {
  readonly #port: Port;
  readonly #service: RemoteService;
  readonly #calls = new Map<number, { controller: AbortController; bytes: number }>();
  readonly #subscriptions = new Map<number, () => void>();
  #callBytes = 0;
  #faults = 0;
  #open = true;

  constructor(port: Port, service: RemoteService) {
    this.#port = port;
    this.#service = service;
    port.onMessage((frame) => this.#hear(frame));
    port.onClose(() => this.#end());
  }

  /** Nothing that a frame holds may throw from here. */
  #hear(frame: Uint8Array): void {
    if (!this.#open) return;
    let message: unknown;
    try {
      message = decodeFrame(frame);
      const request = readRequest(message);
      if (request.type === 'call') void this.#call(request, frame.length);
      else if (request.type === 'cancel') this.#calls.get(request.id)?.controller.abort();
      else if (request.type === 'subscribe') this.#subscribe(request);
      else this.#unsubscribe(request.id);
    } catch (error) {
      this.#refuse(idOf(message), error);
    }
  }

  async #call({ id, method, parameters }: Extract<Request, { type: 'call' }>, bytes: number): Promise<void> {
    const controller = new AbortController();
    try {
      this.#expectRoom(id, bytes);
    } catch (error) {
      return this.#refuse(id, error);
    }
    this.#calls.set(id, { controller, bytes });
    this.#callBytes += bytes;
    try {
      const name = checkMethod(method);
      const checked = checkParameters(name, parameters);
      if (withContext.has(name)) checked.push(this.#contextFor(id, controller.signal));
      const call = this.#service[name] as (...parameters: unknown[]) => Promise<unknown>;
      this.#reply({ type: 'result', id, value: await call.apply(this.#service, checked) });
    } catch (error) {
      this.#reply({ type: 'error', id, error: PinholeError.from(error).toJSON() });
    } finally {
      this.#calls.delete(id);
      this.#callBytes -= bytes;
    }
  }

  #contextFor(id: number, signal: AbortSignal): Context {
    return {
      signal,
      onProgress: (value) => this.#calls.has(id) && this.#reply({ type: 'progress', id, value }),
      onNotice: (value) => this.#calls.has(id) && this.#reply({ type: 'notice', id, value }),
    };
  }

  #expectRoom(id: number, bytes: number): void {
    if (this.#calls.has(id)) throw refused(`Expected a new id for a call, received ${id}, which is under way.`);
    if (this.#calls.size < limits.calls && this.#callBytes + bytes <= limits.callBytes) return;
    throw new PinholeError(
      'refused',
      `Expected at most ${limits.calls} calls with ${limits.callBytes / 2 ** 20} MB at once, received more.`,
      'Wait for answers before asking for more.',
    );
  }

  #subscribe({ id, topic }: Extract<Request, { type: 'subscribe' }>): void {
    if (this.#subscriptions.has(id))
      throw refused(`Expected a new id for a subscription, received ${id}, which is in use.`);
    if (this.#subscriptions.size >= limits.subscriptions)
      throw refused(`Expected at most ${limits.subscriptions} subscriptions, received more.`);
    const name = checkTopic(topic);
    // `tasks` begins with an event before `subscribe` has returned.
    this.#subscriptions.set(id, () => {});
    try {
      const stop = this.#service.subscribe(name, (value: unknown) => {
        if (this.#subscriptions.has(id)) this.#reply({ type: 'event', id, value });
      });
      this.#subscriptions.set(id, stop);
    } catch (error) {
      this.#subscriptions.delete(id);
      throw error;
    }
  }

  #unsubscribe(id: number): void {
    this.#subscriptions.get(id)?.();
    this.#subscriptions.delete(id);
  }

  /** A caller that goes on talking nonsense is no caller. */
  #refuse(id: number | null, error: unknown): void {
    this.#reply({ type: 'error', id, error: PinholeError.from(error).toJSON() });
    if (++this.#faults > limits.faults) this.#port.close();
  }

  #reply(reply: Reply): void {
    if (!this.#open) return;
    try {
      this.#port.send(encodeFrame(reply));
    } catch (error) {
      // An answer that cannot be sent is an error that can.
      if (reply.type === 'error') throw error;
      this.#reply({ type: 'error', id: reply.id, error: PinholeError.from(error).toJSON() });
    }
  }

  #end(): void {
    this.#open = false;
    for (const { controller } of this.#calls.values()) controller.abort();
    for (const stop of this.#subscriptions.values()) stop();
    this.#subscriptions.clear();
  }
}

function readRequest(message: unknown): Request {
  const result = v.safeParse(requestSchema, message);
  if (result.success) return result.output;
  throw refused('Expected call, cancel, subscribe or unsubscribe with their fields, received something else.');
}

function idOf(message: unknown): number | null {
  const given = typeof message === 'object' && message !== null && 'id' in message ? message.id : null;
  return v.is(id, given) ? given : null;
}

function checkMethod(method: string): MethodName {
  if (Object.hasOwn(methods, method)) return method as MethodName;
  throw new PinholeError('refused', `Expected a method of Pinhole, received ${JSON.stringify(method.slice(0, 40))}.`);
}

/** As the schema gives them back: trimmed, with defaults filled in. */
function checkParameters(method: MethodName, parameters: readonly unknown[]): unknown[] {
  const result = v.safeParse(methods[method] as v.GenericSchema<unknown, unknown[]>, parameters);
  if (result.success) return [...result.output];
  const [issue] = result.issues;
  const [position, ...path] = issue.path?.map(({ key }) => key) ?? [];
  const field = path.length > 0 ? path.join('.') : `parameter ${Number(position ?? 0) + 1} of ${method}`;
  // A regular expression tells a person nothing.
  const expected = issue.type === 'regex' || !issue.expected ? 'a valid value' : issue.expected;
  throw new PinholeError(
    'usage',
    `Expected ${expected} for ${field}, received ${issue.received}.`,
    'Change it and try again.',
  );
}

function checkTopic(topic: unknown): TopicName {
  const result = v.safeParse(topicSchema, topic);
  if (result.success) return result.output as TopicName;
  throw refused('Expected tasks, workspace or run:ID as the topic, received something else.');
}

function refused(message: string): PinholeError {
  return new PinholeError('refused', message);
}

export interface Connection {
  readonly service: RemoteService;
  /** Resolves with the reason when the port was closed by whichever side. */
  readonly closed: Promise<string>;
  close(): void;
}

/**
 * The service at the other end of a port. When the port closes, calls under way reject with `disconnected`, as does
 * every later one. `onFault` hears of what belongs to no call; without it, that is thrown where nobody can miss it.
 */
export function connectService(
  port: Port,
  onFault: (error: PinholeError) => void = (error) => queueMicrotask(() => raise(error)),
): Connection {
  const client = new Client(port, onFault);
  const entries = Object.keys(methods).map((method) => [
    method,
    (...parameters: unknown[]) => client.call(method as MethodName, parameters),
  ]);
  const service = { ...Object.fromEntries(entries), subscribe: client.subscribe.bind(client) } as RemoteService;
  return { service, closed: client.closed, close: () => port.close() };
}

function raise(error: PinholeError): never {
  throw error;
}

interface Call {
  frame: Uint8Array;
  bytes: number;
  context: Context;
  resolve: (value: unknown) => void;
  reject: (error: PinholeError) => void;
}

class Client {
  readonly closed: Promise<string>;
  readonly #port: Port;
  readonly #onFault: (error: PinholeError) => void;
  /** On their way, and those that wait for room; both in the order in which they were made. */
  readonly #calls = new Map<number, Call>();
  readonly #waiting = new Map<number, Call>();
  readonly #listeners = new Map<number, (event: unknown) => void>();
  #bytesUnderWay = 0;
  #nextId = 1;
  #open = true;

  constructor(port: Port, onFault: (error: PinholeError) => void) {
    this.#port = port;
    this.#onFault = onFault;
    this.closed = new Promise((resolve) => {
      port.onClose((reason) => {
        this.#end();
        resolve(reason);
      });
    });
    port.onMessage((frame) => this.#hear(frame));
  }

  /** A cancel goes to the service, which answers with `cancelled` when it has stopped. */
  async call(method: MethodName, given: unknown[]): Promise<unknown> {
    if (!this.#open) throw disconnected();
    const count = methods[method].items.length;
    const context = (withContext.has(method) && (given[count] as Context | undefined)) || {};
    if (context.signal?.aborted) throw cancelled();
    const id = this.#nextId++;
    const frame = encodeFrame({ type: 'call', id, method, parameters: given.slice(0, count) });
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.set(id, { frame, bytes: frame.length, context, resolve, reject });
    const cancel = () => this.#cancel(id);
    context.signal?.addEventListener('abort', cancel, { once: true });
    this.#sendWaiting();
    try {
      return await promise;
    } finally {
      context.signal?.removeEventListener('abort', cancel);
    }
  }

  subscribe<T extends TopicName>(topic: T, listener: (event: TopicEvent<T>) => void): () => void {
    const name = checkTopic(topic);
    const id = this.#nextId++;
    this.#listeners.set(id, listener as (event: unknown) => void);
    this.#send({ type: 'subscribe', id, topic: name });
    return () => {
      if (this.#listeners.delete(id)) this.#send({ type: 'unsubscribe', id });
    };
  }

  #sendWaiting(): void {
    for (const [id, call] of this.#waiting) {
      const room = this.#calls.size < ownLimits.calls && this.#bytesUnderWay + call.bytes <= ownLimits.callBytes;
      if (!room && this.#calls.size > 0) return;
      this.#waiting.delete(id);
      this.#calls.set(id, call);
      this.#bytesUnderWay += call.bytes;
      this.#port.send(call.frame);
      call.frame = new Uint8Array(); // an upload is not kept until it is answered
    }
  }

  #cancel(id: number): void {
    const waiting = this.#waiting.get(id);
    if (waiting) {
      this.#waiting.delete(id);
      waiting.reject(cancelled());
    } else {
      this.#send({ type: 'cancel', id });
    }
  }

  #send(request: Request): void {
    if (this.#open) this.#port.send(encodeFrame(request));
  }

  #hear(frame: Uint8Array): void {
    if (!this.#open) return;
    let reply: Reply;
    try {
      reply = decodeFrame(frame) as Reply;
    } catch (error) {
      this.#onFault(PinholeError.from(error));
      this.#port.close();
      return;
    }
    if (reply.type === 'result') this.#settle(reply.id)?.resolve(reply.value);
    else if (reply.type === 'error') this.#fail(reply.id, PinholeError.fromJSON(reply.error));
    else if (reply.type === 'progress') this.#calls.get(reply.id)?.context.onProgress?.(reply.value);
    else if (reply.type === 'notice') this.#calls.get(reply.id)?.context.onNotice?.(reply.value);
    else if (reply.type === 'event') this.#listeners.get(reply.id)?.(reply.value);
  }

  #fail(id: number | null, error: PinholeError): void {
    const call = id === null ? undefined : this.#settle(id);
    if (call) {
      call.reject(error);
    } else {
      if (id !== null) this.#listeners.delete(id);
      this.#onFault(error);
    }
  }

  #settle(id: number): Call | undefined {
    const call = this.#calls.get(id);
    if (!call) return undefined;
    this.#calls.delete(id);
    this.#bytesUnderWay -= call.bytes;
    this.#sendWaiting();
    return call;
  }

  #end(): void {
    this.#open = false;
    const calls = [...this.#calls.values(), ...this.#waiting.values()];
    this.#calls.clear();
    this.#waiting.clear();
    this.#listeners.clear();
    for (const { reject } of calls) reject(disconnected());
  }
}

function disconnected(): PinholeError {
  return new PinholeError(
    'disconnected',
    'The connection to Pinhole was lost before the answer came.',
    'Look whether it was done; if not, try again.',
  );
}

function cancelled(): PinholeError {
  return new PinholeError('cancelled', 'Stopped.', 'Try again when you like.');
}
