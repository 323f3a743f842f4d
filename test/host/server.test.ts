// The server for browsers: files with their headers, the socket with its token, and how both end. The worker is in worker.test.ts.
import { once } from 'node:events';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import { connect as netConnect } from 'node:net';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { RemoteService } from '../../src-main/contract/methods.ts';
import { connectedPorts } from '../../src-main/contract/port.ts';
import { connectService, serveService } from '../../src-main/contract/rpc.ts';
import { encodeFrame } from '../../src-main/contract/wire.ts';
import { startServer } from '../../src-main/host/server.ts';
import { openSocketPort } from '../../src-main/host/socket-port.ts';
import type { Channel } from '../../src-main/host/worker-process.ts';
import { createRandom } from '../../src-main/numerics/random.ts';
import { waitUntil } from '../support/processes.ts';
import { need } from '../support/resources.ts';
import { temporaryFolder } from '../support/temporary.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** A folder as the renderer's build leaves it, with a secret beside it. */
function builtRenderer(): string {
  const folder = join(temporaryFolder(), 'renderer');
  mkdirSync(join(folder, 'assets'), { recursive: true });
  writeFileSync(join(folder, 'index.html'), '<!doctype html>window');
  writeFileSync(join(folder, 'assets/index-1a2b3c4d.js'), 'start()');
  writeFileSync(join(folder, 'assets/style-1a2b3c4d.css'), 'body {}');
  writeFileSync(join(folder, 'ein Bild.svg'), '<svg/>');
  writeFileSync(join(folder, '..', 'secret.txt'), 'secret');
  return folder;
}

/** A channel like the worker's, to a service in this process; `full` as the test says. */
function localChannel(service: Partial<RemoteService>) {
  const [near, far] = connectedPorts();
  serveService(far, service as RemoteService);
  const listeners: (() => void)[] = [];
  let full = false;
  let sent = 0;
  const channel: Channel = {
    ...{ onMessage: near.onMessage.bind(near), onClose: near.onClose.bind(near), close: near.close.bind(near) },
    send(frame) {
      sent++;
      near.send(frame.slice());
    },
    get full() {
      return full;
    },
    onceEmpty: (listener) => listeners.push(listener),
  };
  const setFull = (value: boolean) => {
    full = value;
    if (!value) for (const listener of listeners.splice(0)) listener();
  };
  let closed = false;
  near.onClose(() => {
    closed = true;
  });
  return { channel, setFull, sent: () => sent, closed: () => closed, end: () => far.close() };
}

async function startTestServer(
  service: Partial<RemoteService> = { datasets: async () => [] },
  folder = builtRenderer(),
) {
  const channels: ReturnType<typeof localChannel>[] = [];
  const connect = async () => {
    const local = localChannel(service);
    channels.push(local);
    return local.channel;
  };
  const server = await startServer({ folder, port: 0, connect });
  cleanups.push(() => server.close());
  const origin = `http://127.0.0.1:${server.port}`;
  return {
    ...server,
    origin,
    channels,
    get: (path: string, headers = {}, method = 'GET') => get(server.port, path, headers, method),
  };
}

/** As it stands: neither the path nor the headers are put right before they are sent. */
async function get(port: number, path: string, headers: Record<string, string> = {}, method = 'GET') {
  const request = httpRequest({ port, host: '127.0.0.1', path, method, headers, agent: false });
  request.end();
  const [response] = await once(request, 'response');
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += chunk;
  return { status: response.statusCode as number, headers: response.headers as Record<string, string>, body };
}

/** How a socket opened with these ends: the HTTP status of a refusal, or code and reason of the close. */
async function knock(port: number, protocols: string[], headers: Record<string, string> = {}, path = '/port') {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, { headers });
  return new Promise<{ status?: number; code?: number; reason?: string }>((resolve) => {
    socket.on('error', () => {});
    socket.on('unexpected-response', (_, response) => resolve({ status: response.statusCode! }));
    socket.on('close', (code, reason) => resolve({ code, reason: String(reason) }));
  });
}

describe('files', () => {
  test('come with their type; the page is asked for anew, assets are kept for good', async () => {
    const { get } = await startTestServer();
    expect(await get('/')).toMatchObject({
      status: 200,
      body: '<!doctype html>window',
      headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' },
    });
    expect(await get('/index.html?x=1')).toMatchObject({ status: 200, body: '<!doctype html>window' });
    expect(await get('/assets/index-1a2b3c4d.js')).toMatchObject({
      status: 200,
      headers: {
        'content-type': 'text/javascript; charset=utf-8',
        'cache-control': 'private, max-age=31536000, immutable',
      },
    });
    expect((await get('/assets/style-1a2b3c4d.css')).headers['content-type']).toBe('text/css; charset=utf-8');
    expect(await get('/ein%20Bild.svg')).toMatchObject({ status: 200, headers: { 'content-type': 'image/svg+xml' } });
    expect(await get('/', {}, 'HEAD')).toMatchObject({ status: 200, body: '' });
  });

  test('that are built while the server runs are there at once', async () => {
    const folder = builtRenderer();
    const { get } = await startTestServer({}, folder);
    expect((await get('/assets/new.js')).status).toBe(404);
    writeFileSync(join(folder, 'assets/new.js'), '1');
    expect((await get('/assets/new.js')).status).toBe(200);
  });

  test('come with headers that keep the page to itself, errors too', async () => {
    const { get, port } = await startTestServer();
    for (const path of ['/', '/nothing']) {
      const { headers } = await get(path);
      expect(headers['content-security-policy']).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; " +
          `connect-src 'self' ws://127.0.0.1:${port}; worker-src 'self'; ` +
          "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
      );
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'x-dns-prefetch-control': 'off',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
      });
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('%s is not answered', async (method) => {
    const { get } = await startTestServer();
    expect((await get('/', {}, method)).status).toBe(405);
  });

  test('a symbolic link is none', async (context) => {
    need(context, 'symlinks');
    const folder = builtRenderer();
    symlinkSync(join(folder, '..', 'secret.txt'), join(folder, 'link.txt'));
    symlinkSync(join(folder, '..'), join(folder, 'above'));
    const { get } = await startTestServer({}, folder);
    expect((await get('/link.txt')).status).toBe(404);
    expect((await get('/above/secret.txt')).status).toBe(404);
  });

  test.each([
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e%2fsecret.txt',
    '/%252e%252e%252fsecret.txt',
    '/..%5csecret.txt',
    '/..\\secret.txt',
    '/assets/..%00/../secret.txt',
    '/index.html%00.txt',
    '/%c0%ae%c0%ae/secret.txt',
    '/%',
    '//secret.txt',
    '///etc/passwd',
    '/etc/passwd',
    '/file:///etc/passwd',
    '/C:%5cWindows%5cwin.ini',
    'http://127.0.0.1/../secret.txt',
    '/assets',
    '/assets/',
    '/__proto__',
    '/constructor',
  ])('no path leads out of the folder: %s', async (path) => {
    const { get } = await startTestServer();
    const { status, body } = await get(path);
    expect(status).toBe(404);
    expect(body).toBe('There is no such file.\n');
  });
});

describe('who may ask', () => {
  const hosts = (port: number) => ({
    good: [`127.0.0.1:${port}`, `localhost:${port}`, 'localhost:8080', '127.0.0.1:1', 'localhost'],
    bad: ['pinhole.example', `pinhole.example:${port}`, '127.0.0.1.example', 'localhost.example', '127.0.0.2', '[::]'],
    worse: [`127.0.0.1:${port}@pinhole.example`, 'localhost:99999999', '0x7f.1', '2130706433', '127.1'],
  });

  test('Host names this machine, whatever the port: no other name can be made to point here', async () => {
    const { get, port, token } = await startTestServer();
    const { good, bad, worse } = hosts(port);
    for (const host of good) {
      expect((await get('/', { host })).status, host).toBe(200);
      const answer = await knockBriefly(port, token, host, `http://${host}`);
      expect(answer, host).toBe('open');
    }
    for (const host of [...bad, ...worse]) {
      expect((await get('/', { host })).status, host).toBe(403);
      expect(await knock(port, ['pinhole', `token.${token}`], { host, origin: `http://${host}` })).toEqual({
        status: 403,
      });
    }
  });

  test('without a Host nothing is served', async () => {
    const { port } = await startTestServer();
    const socket = netConnect(port, '127.0.0.1');
    socket.end('GET / HTTP/1.0\r\n\r\n');
    let answer = '';
    for await (const chunk of socket.setEncoding('utf8')) answer += chunk;
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
  });

  test('Origin, where there is one, is the own page; for the socket there must be one', async () => {
    const { get, port, token, origin } = await startTestServer();
    const foreign = [
      ...['http://pinhole.example', 'null', `https://127.0.0.1:${port}`, `http://localhost:${port}`],
      ...['http://127.0.0.1:1', 'http://127.0.0.1', `${origin}.example`, `${origin}/`, 'file://', ''],
    ];
    expect((await get('/', { origin })).status).toBe(200);
    for (const other of foreign) {
      expect((await get('/', { origin: other })).status, other).toBe(403);
      expect(await knock(port, ['pinhole', `token.${token}`], { origin: other }), other).toEqual({ status: 403 });
    }
    expect(await knock(port, ['pinhole', `token.${token}`])).toEqual({ status: 403 });
  });

  test('without the token a socket hears why it is closed, and never reaches the service', async () => {
    const { port, token, origin, channels } = await startTestServer();
    const refused = { code: 4001, reason: 'refused' };
    const wrong = [
      ['pinhole'],
      ['pinhole', 'token.'],
      ['pinhole', `token.${'A'.repeat(43)}`],
      ['pinhole', `token.${token.slice(0, -1)}`],
      ['pinhole', `token.${token}A`],
      ['pinhole', `token.${token.toLowerCase()}`],
      ['pinhole', token],
    ];
    for (const protocols of wrong) {
      expect(await knock(port, protocols, { origin }), protocols.join()).toEqual(refused);
    }
    expect(await knock(port, ['pinhole', 'token.x'], { origin, cookie: `token=${token}` })).toEqual(refused);
    expect(channels).toEqual([]);
    expect(await knock(port, ['pinhole', `token.${token}`], { origin }, '/other')).toEqual({ status: 403 });
    expect(await knock(port, ['pinhole', `token.x`], { origin }, `/port?token=${token}`)).toEqual({ status: 403 });
  });

  test('a browser sees by the protocol that its token is wrong, before anything else', async () => {
    const { port, token, origin, address } = await startTestServer();
    for (const [given, protocol] of [
      [token, 'pinhole'],
      ['wrong', 'token.wrong'],
      ['', 'token.'],
    ] as const) {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/port`, ['pinhole', `token.${given}`], {
        headers: { origin },
      });
      await once(socket, 'open');
      expect(socket.protocol).toBe(protocol);
      socket.close();
    }
    await expect(openSocketPort(address.replace(/.$/, '!'))).rejects.toMatchObject({ code: 'refused' });
  });

  test('tokens have 256 random bits and never come back', async () => {
    const tokens = await Promise.all([startTestServer(), startTestServer()]);
    for (const { token } of tokens) expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    expect(tokens[0]!.token).not.toBe(tokens[1]!.token);
    const { get } = tokens[0]!;
    const { body, headers } = await get('/');
    expect(body + JSON.stringify(headers)).not.toContain(tokens[0]!.token);
  });

  test('nothing listens on other addresses of the machine', async () => {
    const { port } = await startTestServer();
    const socket = netConnect(port, '127.0.0.2');
    const [error] = await once(socket, 'error');
    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
  });
});

describe('the socket', () => {
  test('carries calls, and closes with the reason of the worker', async () => {
    const { address, channels } = await startTestServer({ datasets: async () => [] });
    const { service, closed } = connectService(await openSocketPort(address));
    expect(await service.datasets()).toEqual([]);
    channels[0]!.end();
    expect(await closed).toBe('lost');
  });

  test('hears at once that the worker is gone, even while it is held back', async () => {
    const { address, channels } = await startTestServer({ datasets: async () => [] });
    const { service, closed } = connectService(await openSocketPort(address));
    await service.datasets();
    channels[0]!.setFull(true);
    await service.datasets();
    channels[0]!.end();
    const started = performance.now();
    expect(await closed).toBe('lost');
    expect(performance.now() - started).toBeLessThan(25_000);
  });

  test('closed by the window closes the channel, and its subscriptions', async () => {
    let listening = 0;
    const { address } = await startTestServer({
      subscribe: () => {
        listening++;
        return () => listening--;
      },
    });
    const { service, close } = connectService(await openSocketPort(address));
    service.subscribe('tasks', () => {});
    await waitUntil(() => listening === 1, 'the subscription');
    close();
    await waitUntil(() => listening === 0, 'its end');
  });

  test('that sends text, or more than 16 MB at once, is closed', async () => {
    const { port, token, origin, address } = await startTestServer();
    for (const [data, code] of [
      ['{"type":"call"}', 4001],
      [new Uint8Array(16 * 2 ** 20 + 1), 1009],
    ] as const) {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/port`, ['pinhole', `token.${token}`], {
        headers: { origin },
      });
      socket.on('error', () => {});
      await once(socket, 'open');
      socket.send(data);
      expect((await once(socket, 'close'))[0]).toBe(code);
    }
    const { service, close } = connectService(await openSocketPort(address));
    expect(await service.datasets()).toEqual([]);
    close();
  });

  test('waits while the worker is not keeping up', async () => {
    const { address, channels } = await startTestServer({ datasets: async () => [] });
    const port = await openSocketPort(address);
    port.send(encodeFrame({ type: 'call', id: 1, method: 'datasets', parameters: [] }));
    await waitUntil(() => channels[0]?.sent() === 1, 'the first message');
    channels[0]!.setFull(true);
    // What is in one chunk is passed on with it; what comes after waits in the network.
    const large = encodeFrame({ type: 'cancel', id: 7, filling: new Uint8Array(2 ** 20) });
    for (let count = 0; count < 50; count++) port.send(large);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const passed = channels[0]!.sent();
    expect(passed).toBeLessThan(10);
    channels[0]!.setFull(false);
    await waitUntil(() => channels[0]!.sent() === 51, 'the rest');
    port.close();
  });

  test('beyond 64 windows is turned away', async () => {
    const { address, port, token, origin } = await startTestServer();
    const ports = await Promise.all(Array.from({ length: 64 }, () => openSocketPort(address)));
    expect(await knock(port, ['pinhole', `token.${token}`], { origin })).toEqual({ code: 4000, reason: 'lost' });
    ports[0]!.close();
    await new Promise((resolve) => ports[0]!.onClose(resolve));
    const again = connectService(await openSocketPort(address));
    expect(await again.service.datasets()).toEqual([]);
    for (const open of ports) open.close();
    again.close();
  });

  test('is connected only when the worker is there; one that goes away while it waits is forgotten', async () => {
    const ready = Promise.withResolvers<void>();
    const locals: ReturnType<typeof localChannel>[] = [];
    let asked = 0;
    const connect = async () => {
      asked++;
      await ready.promise;
      locals.push(localChannel({ datasets: async () => [] }));
      return locals.at(-1)!.channel;
    };
    const server = await startServer({ folder: builtRenderer(), port: 0, connect });
    cleanups.push(() => server.close());
    let open = false;
    const waiting = openSocketPort(server.address).then((port) => {
      open = true;
      return connectService(port);
    });
    const origin = `http://127.0.0.1:${server.port}`;
    const impatient = new WebSocket(`ws://127.0.0.1:${server.port}/port`, ['pinhole', `token.${server.token}`], {
      headers: { origin },
    });
    impatient.on('error', () => {});
    await waitUntil(() => asked === 2, 'both to ask for the worker');
    expect(open).toBe(false);
    impatient.terminate();
    await new Promise((resolve) => setTimeout(resolve, 100));
    ready.resolve();
    const { service, close } = await waiting;
    expect(await service.datasets()).toEqual([]);
    await waitUntil(
      () => locals.length === 2 && locals.some(({ closed }) => closed()),
      'the channel that nobody wants',
    );
    close();
  });

  test('hears that Pinhole was ended, also where the worker cannot be reached', async () => {
    const { address, close } = await startTestServer();
    const { closed } = connectService(await openSocketPort(address));
    await close();
    expect(await closed).toBe('ended');

    const folder = builtRenderer();
    const server = await startServer({ folder, port: 0, connect: () => Promise.reject(new Error('given up')) });
    cleanups.push(() => server.close());
    const port = await openSocketPort(server.address);
    expect(await new Promise((resolve) => port.onClose(resolve))).toBe('ended');
  });

  test('does not keep the server from ending, asleep or waiting', async () => {
    const asleep = await startTestServer();
    const socket = new WebSocket(`ws://127.0.0.1:${asleep.port}/port`, ['pinhole', `token.${asleep.token}`], {
      headers: { origin: asleep.origin },
    });
    await once(socket, 'open');
    socket.pause();
    await asleep.close();
    socket.terminate();

    const server = await startServer({ folder: builtRenderer(), port: 0, connect: () => new Promise(() => {}) });
    const waiting = openSocketPort(server.address).catch((error) => error);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await server.close();
    expect(await waiting).toMatchObject({ code: 'disconnected' });
  });
});

describe('whoever wants to tire it out', () => {
  const open = (port: number, options = {}) =>
    netConnect({ port, host: '127.0.0.1', ...options }).on('error', () => {});
  const textOf = async (socket: ReturnType<typeof open>) => {
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    await once(socket, 'close');
    return text;
  };

  test('with a head that comes letter by letter, or not at all, is cut off after seconds', {
    timeout: 600_000,
  }, async () => {
    const { port, get } = await startTestServer();
    const [silent, halting, trickling] = [open(port), open(port), open(port)];
    halting.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n');
    const timer = setInterval(() => trickling.write('X'), 200);
    const texts = await Promise.all([silent, halting, trickling].map(textOf));
    clearInterval(timer);
    for (const text of texts) expect(text).toMatch(/^(HTTP\/1\.1 4\d\d |$)/);
    expect((await get('/')).status).toBe(200);
  });

  test('by announcing a terabyte is answered and not listened to', async () => {
    const { port, get } = await startTestServer();
    for (const head of [
      'POST / HTTP/1.1\r\nContent-Length: 1000000000000',
      'GET / HTTP/1.1\r\nContent-Length: 1000000000000',
      'GET / HTTP/1.1\r\nTransfer-Encoding: chunked',
    ]) {
      const socket = open(port);
      socket.write(`${head}\r\nHost: 127.0.0.1\r\n\r\n`);
      const timer = setInterval(() => socket.write('x'.repeat(1000)), 20);
      expect(await textOf(socket)).toMatch(/^HTTP\/1\.1 (405|200|400) /);
      clearInterval(timer);
    }
    expect((await get('/')).status).toBe(200);
  });

  test('by never closing connections that were refused leaves room for others', { timeout: 600_000 }, async () => {
    const { port, get } = await startTestServer();
    const upgrade = 'GET /port HTTP/1.1\r\nHost: evil.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    const sockets: ReturnType<typeof open>[] = [];
    // More than there is room for, by turns, as a machine opens them.
    for (let turn = 0; turn < 6; turn++) {
      const some = Array.from({ length: 100 }, () => open(port, { allowHalfOpen: true }));
      const answered = some.map((socket) => once(socket, 'data'));
      for (const socket of some) socket.write(upgrade);
      for (const [answer] of await Promise.all(answered)) expect(String(answer)).toMatch(/^HTTP\/1\.1 403 /);
      sockets.push(...some);
    }
    expect((await get('/')).status).toBe(200);
    for (const socket of sockets) socket.destroy();
  });

  const handshake = (port: number, token: string, more: string[] = []) =>
    [
      ...['GET /port HTTP/1.1', `Host: 127.0.0.1:${port}`, `Origin: http://127.0.0.1:${port}`, 'Connection: Upgrade'],
      ...['Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='],
      ...[`Sec-WebSocket-Protocol: pinhole, token.${token}`, ...more, '\r\n'],
    ].join('\r\n');

  test('with a bomb of compressed bytes finds that nothing is unpacked', async () => {
    const { port, token, channels } = await startTestServer();
    const socket = open(port);
    socket.write(handshake(port, token, ['Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits']));
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1\.1 101 /);
    expect(String(answer)).not.toMatch(/extensions/i);
    const bomb = deflateRawSync(new Uint8Array(64 * 2 ** 20));
    const head = Buffer.from([0xc2, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    head.writeUInt32BE(bomb.length, 6);
    socket.write(Buffer.concat([head, bomb]));
    const [closing] = await once(socket, 'data');
    // A close frame with 1002: a bit is set that was not agreed upon.
    expect([closing[0], closing.readUInt16BE(2)]).toEqual([0x88, 1002]);
    expect(channels[0]!.sent()).toBe(0);
    socket.destroy();
  });

  test('with pieces that never become a whole is closed at 16 MB', async () => {
    const { port, token, channels } = await startTestServer();
    const socket = open(port);
    socket.write(handshake(port, token));
    await once(socket, 'data');
    const head = Buffer.from([0x02, 0xff, 0, 0, 0, 0, 0, 0x20, 0, 0, 0, 0, 0, 0]); // 2 MiB, to be continued
    const piece = Buffer.concat([head, Buffer.alloc(2 * 2 ** 20)]);
    const closing = once(socket, 'data');
    for (let count = 0; count < 10; count++) {
      piece[0] = count === 0 ? 0x02 : 0x00;
      socket.write(Buffer.from(piece));
    }
    const [frame] = await closing;
    expect([frame[0], frame.readUInt16BE(2)]).toEqual([0x88, 1009]);
    expect(channels[0]!.sent()).toBe(0);
    socket.destroy();
  });
});

describe('nonsense on the wire', () => {
  const random = createRandom(5);
  const bytes = (length: number) => Buffer.from(Array.from({ length }, () => random.integer(256)));

  /** Sends bytes as they are and gives back all that comes before the connection is closed. */
  async function send(port: number, ...pieces: Buffer[]): Promise<string> {
    const socket = netConnect(port, '127.0.0.1');
    for (const piece of pieces) socket.write(piece);
    const timer = setTimeout(() => socket.end(), 500);
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
    });
    socket.on('error', () => {}); // a reset is an answer, too
    await new Promise((resolve) => socket.once('close', resolve));
    clearTimeout(timer);
    return answer;
  }

  test('instead of HTTP is answered with 400 or nothing', async () => {
    const { get, port } = await startTestServer();
    const requests = [
      ...Array.from({ length: 100 }, () => bytes(1 + random.integer(300))),
      Buffer.from('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: pinhole.example\r\n\r\n'),
      Buffer.from(`GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`),
      Buffer.from(`GET /${'x'.repeat(100_000)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`),
      Buffer.from(
        'POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      ),
      Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    ];
    const answers = await Promise.all(requests.map((request) => send(port, request)));
    for (const answer of answers) expect(answer).toMatch(/^(HTTP\/1\.1 4\d\d |$)/);
    expect((await get('/')).status).toBe(200);
  });

  test('instead of frames closes the socket and nothing else', async () => {
    const { port, token, origin, address } = await startTestServer();
    const handshake = Buffer.from(
      [
        'GET /port HTTP/1.1',
        `Host: 127.0.0.1:${port}`,
        `Origin: ${origin}`,
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
        `Sec-WebSocket-Protocol: pinhole, token.${token}`,
        '\r\n',
      ].join('\r\n'),
    );
    const frames = [
      Buffer.from([0x82, 0x01, 0x00]), // not masked
      Buffer.from([0xf2, 0x80, 0, 0, 0, 0]), // reserved bits
      Buffer.from([0x83, 0x80, 0, 0, 0, 0]), // an opcode that is none
      Buffer.from([0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]), // 2^63 bytes
      Buffer.from([0x89, 0xfe, 0x01, 0x00, 0, 0, 0, 0]), // a ping that is too long
      Buffer.from([0x80, 0x80, 0, 0, 0, 0]), // goes on with nothing
      ...Array.from({ length: 100 }, () => bytes(2 + random.integer(100))),
    ];
    const answers = await Promise.all(frames.map((frame) => send(port, handshake, frame)));
    for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 101 /);
    const { service, close } = connectService(await openSocketPort(address));
    expect(await service.datasets()).toEqual([]);
    close();
  });
});

test('a port that is taken is said', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  await expect(
    startServer({ folder: builtRenderer(), port, connect: () => new Promise(() => {}) }),
  ).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining(`The port ${port} cannot be used`),
  });
  other.close();
});

/** Whether a socket is let in, with a Host of its own choice. */
async function knockBriefly(port: number, token: string, host: string, origin: string): Promise<string> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/port`, ['pinhole', `token.${token}`], {
    headers: { host, origin },
  });
  const outcome = await new Promise<string>((resolve) => {
    socket.on('error', (error) => resolve(error.message));
    socket.on('open', () => setTimeout(() => resolve(socket.readyState === WebSocket.OPEN ? 'open' : 'closed'), 20));
  });
  socket.close();
  return outcome;
}
