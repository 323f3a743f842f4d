// The connection to the service: reconnects after sleep, a dropped socket or a dead worker, and listens on as before.
import { untrack } from 'svelte';
import type { RemoteService } from '../../src-main/contract/methods.ts';
import { connectService } from '../../src-main/contract/rpc.ts';
import type { TopicEvent, TopicName } from '../../src-main/contract/views.ts';
import { host } from '../host/index.ts';

/** `refused`: no valid token; `ended`: Pinhole was closed. Neither is tried again by itself. */
export type ConnectionState = 'connecting' | 'connected' | 'lost' | 'worker' | 'refused' | 'ended';

/** `silent`: there is a connection, but nothing has come over it for a while although something was asked. */
export const connection = $state<{ state: ConnectionState; generation: number; silent: boolean }>({
  state: 'connecting',
  generation: 0,
  silent: false,
});

/** Nothing that is pressed can have an effect any more: only another address, or another start, helps. */
export function isOver({ state }: { state: ConnectionState }): boolean {
  return state === 'refused' || state === 'ended';
}

interface Subscription {
  topic: TopicName;
  listener: (event: never) => void;
  stop: (() => void) | null;
}

const subscriptions = new Set<Subscription>();
let current = Promise.withResolvers<RemoteService>();

/** Between questions whether Pinhole is there, and how long an answer may take before that is said. */
const pulseMilliseconds = 5_000;
const patienceMilliseconds = 4_000;

/** A tunnel that is cut, or a network that is gone, tells nobody: asks now and then. Ends with the connection. */
async function feelPulse(target: RemoteService, closed: Promise<unknown>): Promise<void> {
  let open = true;
  void closed.then(() => {
    open = false;
    connection.silent = false;
  });
  while (open) {
    await rest(pulseMilliseconds);
    if (!open) return;
    const late = setTimeout(() => {
      connection.silent = open;
    }, patienceMilliseconds);
    // A question that fails is answered; that the connection is gone is said elsewhere.
    await target.preferences().catch(() => {});
    clearTimeout(late);
    connection.silent = false;
  }
}

const rest = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const retryMilliseconds = [100, 300, 1000, 2000, 4000];

/** Calls wait for the connection; a call under way when it drops rejects with `disconnected`. */
export const service = new Proxy({} as RemoteService, {
  get(_, method: string) {
    if (method === 'subscribe') return subscribe;
    return async (...parameters: unknown[]) => {
      const target = (await current.promise) as unknown as Record<string, (...parameters: unknown[]) => unknown>;
      return target[method]!(...parameters);
    };
  },
});

function subscribe<T extends TopicName>(topic: T, listener: (event: TopicEvent<T>) => void): () => void {
  const subscription: Subscription = { topic, listener: listener as (event: never) => void, stop: null };
  subscriptions.add(subscription);
  // In an effect, which must not run again with every change of the connection: subscriptions survive those.
  if (untrack(() => connection.state) === 'connected')
    void current.promise.then((target) => listen(target, subscription));
  return () => {
    subscriptions.delete(subscription);
    subscription.stop?.();
  };
}

function listen(target: RemoteService, subscription: Subscription): void {
  if (!subscriptions.has(subscription) || subscription.stop) return;
  subscription.stop = target.subscribe(
    subscription.topic,
    subscription.listener as (event: TopicEvent<TopicName>) => void,
  );
}

/** Connects now and whenever the connection is lost, until the page goes away. */
export async function stayConnected(): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      const port = await host.connect();
      const closed = new Promise<string>((resolve) => port.onClose(resolve));
      const target = connectService(port).service;
      connection.state = 'connected';
      connection.generation++;
      current.resolve(target);
      for (const subscription of subscriptions) listen(target, subscription);
      tries = 0;
      void feelPulse(target, closed);
      const reason = await closed;
      current = Promise.withResolvers();
      for (const subscription of subscriptions) subscription.stop = null;
      connection.state = reason === 'worker' || reason === 'refused' || reason === 'ended' ? reason : 'lost';
    } catch (thrown) {
      const { message } = thrown as Error;
      connection.state = message === 'refused' ? 'refused' : connection.state === 'worker' ? 'worker' : 'lost';
    }
    if (isOver(connection)) return;
    await rest(retryMilliseconds[Math.min(tries, retryMilliseconds.length - 1)]!);
  }
}
