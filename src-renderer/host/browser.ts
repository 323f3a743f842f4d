// The browser's door: a WebSocket with the token from the address. The token never leaves this machine's loopback.
import type { Port } from '../../src-main/contract/port.ts';
import type { Host } from './host.ts';

const tokenKey = 'pinhole-token';
const tokenPattern = /token=([\w-]+)/;

/** Takes the token out of the address, so that it is not copied along with it, and keeps it for reloads of this tab. */
function takeToken(): string {
  const given = tokenPattern.exec(location.hash)?.[1];
  if (given) {
    sessionStorage.setItem(tokenKey, given);
    history.replaceState(null, '', `${location.pathname}#/import`);
  }
  return given ?? sessionStorage.getItem(tokenKey) ?? '';
}

const token = takeToken();
// An address with a key, opened in the tab that has none or an old one: only what stands behind # differs, and browsers
// load nothing for that.
addEventListener('hashchange', () => {
  if (tokenPattern.test(location.hash)) location.reload();
});

export const browserHost: Host = {
  kind: 'browser',
  connect: () => openSocket(),
  pick: null,
  pathsOf: null,
  reveal: null,
  notify(title, text) {
    if ('Notification' in globalThis && Notification.permission === 'granted') new Notification(title, { body: text });
  },
  onMenu: () => () => {},
  onOpen: () => () => {},
  address: () => `${location.origin}/#token=${token}`,
  chooseWorkspace: null,
};

function openSocket(): Promise<Port> {
  const socket = new WebSocket(`ws://${location.host}/port`, ['pinhole', `token.${token}`]);
  socket.binaryType = 'arraybuffer';
  const listeners = new Set<(frame: Uint8Array) => void>();
  const closeListeners = new Set<(reason: string) => void>();
  socket.addEventListener('message', ({ data }) => {
    for (const listener of listeners) listener(new Uint8Array(data as ArrayBuffer));
  });
  socket.addEventListener('close', ({ reason }) => {
    for (const listener of closeListeners) listener(reason || 'lost');
  });
  const port: Port = {
    send: (frame) => socket.send(frame as Uint8Array<ArrayBuffer>),
    onMessage: (listener) => void listeners.add(listener),
    onClose: (listener) => void closeListeners.add(listener),
    close: () => socket.close(),
  };
  return new Promise((resolve, reject) => {
    socket.addEventListener(
      'open',
      // The server takes the other protocol where it does not know the token.
      () => (socket.protocol === 'pinhole' ? resolve(port) : reject(new Error('refused'))),
      { once: true },
    );
    socket.addEventListener('close', ({ code, reason }) => reject(new Error(reason || `closed ${code}`)), {
      once: true,
    });
  });
}
