// A port through a WebSocket as a Node process opens it, to ask a server that is running. The renderer has a browser's.
import { WebSocket } from 'ws';
import { PinholeError } from '../contract/errors.ts';
import type { Port } from '../contract/port.ts';
import { longestFrame } from '../contract/wire.ts';

/** By the address with its token, as `pinhole serve` prints it. Rejects with `disconnected`, or `refused` with a wrong token. */
export async function openSocketPort(address: string): Promise<Port> {
  const { host, origin, hash } = new URL(address);
  const protocols = ['pinhole', hash.replace('#token=', 'token.')];
  const socket = new WebSocket(`ws://${host}/port`, protocols, {
    origin,
    maxPayload: longestFrame,
    handshakeTimeout: 5_000,
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once('open', resolve);
  socket.on('error', (error) => {
    reject(new PinholeError('disconnected', `Pinhole does not answer at ${host}.`, '', { cause: error }));
  });
  await promise;
  if (socket.protocol !== 'pinhole') {
    socket.terminate();
    throw new PinholeError('refused', `The server at ${host} does not know this token.`, 'Start Pinhole there again.');
  }
  return {
    send: (frame) => socket.readyState === WebSocket.OPEN && socket.send(frame),
    onMessage: (listener) => void socket.on('message', (data: Buffer) => listener(data)),
    onClose: (listener) => void socket.on('close', (_, reason) => listener(String(reason) || 'lost')),
    close: () => socket.close(),
  };
}
