// Loaded into every process and thread of a session: writes down whom it wants to speak to, and speaks to nobody.
import { appendFileSync } from 'node:fs';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { isIP } from 'node:net';

const require = createRequire(import.meta.url);
const file = /** @type {string} */ (process.env.PINHOLE_TEST_CONTACTS);

/** @type {(object: any, name: string, what: string) => void} */
function forbid(object, name, what) {
  const original = object[name];
  object[name] = function (/** @type {any[]} */ ...parameters) {
    // A server that listens on an address in figures asks for it, too, and is answered without asking anybody.
    if (isIP(parameters[0])) return original.apply(this, parameters);
    appendFileSync(file, `${what} ${JSON.stringify(parameters[0])}\n`);
    throw new Error('no network in this test');
  };
}

const dns = require('node:dns');
for (const name of ['lookup', 'resolve', 'resolve4', 'resolve6', 'resolveAny']) {
  forbid(dns, name, `dns.${name}`);
  forbid(dns.promises, name, `dns.promises.${name}`);
}
forbid(require('node:net').Socket.prototype, 'connect', 'net.connect');
forbid(require('node:tls'), 'connect', 'tls.connect');
forbid(require('node:http2'), 'connect', 'http2.connect');
const { Socket } = require('node:dgram');
for (const name of ['bind', 'connect', 'send']) forbid(Socket.prototype, name, `dgram.${name}`);
forbid(globalThis, 'fetch', 'fetch');
forbid(globalThis, 'WebSocket', 'WebSocket');
syncBuiltinESMExports();
appendFileSync(file, `# ${process.argv[1] ?? ''}\n`);
