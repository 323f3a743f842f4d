// Browser mode's server: the built renderer over HTTP, the service over a WebSocket, on this machine only and behind a token.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { PinholeError } from '../contract/errors.ts';
import type { CloseReason } from '../contract/port.ts';
import { answer, securityHeaders, serveFile } from './static-files.ts';
import type { Channel } from './worker-process.ts';

export interface ServerOptions {
  /** The built renderer. */
  folder: string;
  /** A new channel to the service. */
  connect: () => Promise<Channel>;
  /** 0 for any that is free. */
  port: number;
}

export interface RunningServer {
  readonly port: number;
  /** 256 random bits. */
  readonly token: string;
  /** For a person to open. The token stands behind #, which no browser sends or logs. */
  readonly address: string;
  close(): Promise<void>;
}

const limits = {
  /** Bytes of a message to the service; an upload's piece has 4 MiB. */
  message: 16 * 2 ** 20,
  /** Bytes on their way to a window. One that has not taken so much is asleep and may come back. */
  waiting: 256 * 2 ** 20,
  /** Windows at a time, and connections of whatever kind. */
  windows: 64,
  connections: 512,
  /** Between signs of life. */
  pulseMilliseconds: 30_000,
  /** Of a request that comes letter by letter: on this machine its head is there at once, through a tunnel soon. */
  headMilliseconds: 5_000,
  requestMilliseconds: 10_000,
};

/** For windows to hear that Pinhole was ended. */
const endingMilliseconds = 1_000;

/** Codes of the range that is free for programs, with the reasons of `Port`. */
const closeCodes: Record<CloseReason, number> = { lost: 4000, refused: 4001, worker: 4002, ended: 4003, closed: 4004 };

/** Rejects with `usage` where the port is taken. */
export async function startServer({ folder, connect, port }: ServerOptions): Promise<RunningServer> {
  const token = randomBytes(32).toString('base64url');
  const door = createDoor(token, connect);
  const { headMilliseconds: headersTimeout, requestMilliseconds: requestTimeout } = limits;
  const options = { headersTimeout, requestTimeout, connectionsCheckingInterval: 1_000 };
  const server = createServer(options, (request, response) => answerRequest(folder, request, response));
  server.on('upgrade', door.open);
  server.maxConnections = limits.connections;
  await listen(server, port);
  const { port: taken } = server.address() as AddressInfo;
  return {
    port: taken,
    token,
    address: `http://127.0.0.1:${taken}/#token=${token}`,
    async close() {
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      server.closeAllConnections();
      door.close();
      await promise;
    },
  };
}

function answerRequest(folder: string, request: IncomingMessage, response: ServerResponse): void {
  const own = isOwn(request);
  const headers = securityHeaders(own ? `ws://${request.headers.host}` : '');
  for (const [name, value] of headers) response.setHeader(name, value);
  // Nobody has a body to send here; one that is announced is not waited for.
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers;
  if (length !== '0' || encoding !== undefined) response.setHeader('Connection', 'close');
  if (!own) answer(response, 403, 'Refused.');
  else serveFile(folder, request, response).catch((error) => answer(response, 500, String(error)));
}

/** Where windows come in: whoever is from the own page and knows the token is given a channel to the service. */
function createDoor(token: string, connect: () => Promise<Channel>) {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: limits.message,
    perMessageDeflate: false,
    // A browser learns before anything else whether its token is right: by which of its two protocols is taken.
    handleProtocols: (offered, request) => (knowsToken(request, token) ? 'pinhole' : [...offered].at(-1)!),
  });
  const windows = new Set<Duplex>();

  /** The worker may have to be started (again) first; only then does the window count as connected. */
  async function findChannel(request: IncomingMessage, socket: Duplex): Promise<Channel | CloseReason> {
    if (!knowsToken(request, token)) return 'refused';
    if (windows.size >= limits.windows) return 'lost';
    windows.add(socket);
    socket.once('close', () => windows.delete(socket));
    return connect().catch(() => 'ended');
  }

  async function open(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => {}); // gone before it was let in; `close` follows
    if (!isOwn(request) || request.headers.origin === undefined || request.url !== '/port') return refuse(socket);
    const channel = await findChannel(request, socket);
    sockets.handleUpgrade(request, socket, head, (opened) => {
      if (typeof channel === 'string') turnAway(opened, channel);
      else relay(opened, channel);
    });
    if (socket.destroyed && typeof channel !== 'string') channel.close();
  }

  function close(): void {
    for (const socket of sockets.clients) part(socket, 'ended');
    // A window that sleeps does not answer, and one that waits for the worker waits in vain.
    setTimeout(() => {
      for (const socket of windows) socket.destroy();
    }, endingMilliseconds).unref();
  }
  return { open, close };
}

async function listen(server: Server, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', (error) => {
    const advice = 'Choose another one with --port, or leave it out for any that is free.';
    reject(new PinholeError('usage', `The port ${port} cannot be used: ${error.message}.`, advice, { cause: error }));
  });
  server.listen(port, '127.0.0.1', resolve);
  await promise;
}

/**
 * Whether a request comes from this machine's own page. `Host` must name this machine, whatever the port (`ssh -L`
 * changes it), so that no other name can be made to point here; `Origin`, where there is one, must be the same.
 */
function isOwn({ headersDistinct }: IncomingMessage): boolean {
  const { host: [host, ...moreHosts] = [], origin: [origin, ...moreOrigins] = [] } = headersDistinct;
  if (moreHosts.length + moreOrigins.length > 0) return false;
  if (host === undefined || !/^(localhost|127\.0\.0\.1)(:\d{1,5})?$/.test(host)) return false;
  return origin === undefined || origin === `http://${host}`;
}

/** Compared in constant time; hashed first, because the comparison needs equal lengths. */
function knowsToken({ headers }: IncomingMessage, token: string): boolean {
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((protocol) => protocol.trim());
  const given = offered.find((protocol) => protocol.startsWith('token.'))?.slice('token.'.length) ?? '';
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}

/** Closed from here: whoever is refused may not keep the connection by leaving its end open. */
function refuse(socket: Duplex): void {
  socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n', () => socket.destroy());
}

/** It has a moment to hear why. */
function turnAway(socket: WebSocket, reason: CloseReason): void {
  socket.on('error', () => {});
  part(socket, reason);
  setTimeout(() => socket.terminate(), endingMilliseconds).unref();
}

/** Passes frames between a window and the worker, holding back whichever is too fast. */
function relay(socket: WebSocket, channel: Channel): void {
  socket.on('error', () => {}); // too long a message, or no WebSocket any more: `close` follows
  channel.onMessage((frame) => {
    if (socket.bufferedAmount > limits.waiting) socket.terminate();
    else socket.send(frame);
  });
  channel.onClose((reason) => part(socket, reason));
  socket.on('message', (data: Buffer, isBinary) => {
    if (!isBinary) return part(socket, 'refused');
    channel.send(data);
    if (!channel.full) return;
    socket.pause();
    channel.onceEmpty(() => socket.resume());
  });
  socket.once('close', () => channel.close());
  keepAlive(socket);
}

/** The window's answer to the close must be heard, so nothing may be held back any more. */
function part(socket: WebSocket, reason: string): void {
  socket.resume();
  socket.close(closeCodes[reason as CloseReason] ?? closeCodes.lost, reason);
}

/** A window that gives no sign of life is gone, its machine asleep or the tunnel cut: what it subscribed to is let go. */
function keepAlive(socket: WebSocket): void {
  let alive = true;
  socket.on('pong', () => {
    alive = true;
  });
  const timer = setInterval(() => {
    if (!alive) return socket.terminate();
    alive = false;
    socket.ping();
  }, limits.pulseMilliseconds);
  socket.once('close', () => clearInterval(timer));
}
