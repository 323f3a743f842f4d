// Electron's door: the bridge that the preload script offers. Null in a plain browser.
import { type Bridge, connectChannel, type PortNotice } from '../../src-main/contract/bridge.ts';
import { type Port, PortEnd } from '../../src-main/contract/port.ts';
import type { Host } from './host.ts';

export function electronHost(): Host | null {
  const bridge = (globalThis as { pinhole?: Bridge }).pinhole;
  if (bridge === undefined) return null;
  return {
    kind: 'electron',
    connect: () => openPort(bridge),
    pick: { folders: bridge.pickFolders, files: bridge.pickFiles, outFolder: bridge.pickOutFolder },
    pathsOf: (files) => bridge.pathsOf(files),
    reveal: (path) => bridge.reveal(path),
    notify: (title, text) => void bridge.notify(title, text),
    onMenu: (listener) => bridge.onMenu(listener),
    onOpen: (listener) => bridge.onOpen(listener),
    address: null,
    chooseWorkspace: () => bridge.chooseWorkspace(),
  };
}

/** Resolves when the port leads to the service; rejects with the reason where it will not. */
function openPort(bridge: Bridge): Promise<Port> {
  return new Promise((resolve, reject) => {
    const receive = (event: MessageEvent) => {
      if (event.source !== window || event.data !== connectChannel || !event.ports[0]) return;
      removeEventListener('message', receive);
      new BridgePort(event.ports[0], resolve, reject);
    };
    addEventListener('message', receive);
    bridge.connect();
  });
}

class BridgePort extends PortEnd {
  readonly #port: MessagePort;

  constructor(port: MessagePort, onOpen: (port: Port) => void, onRefused: (error: Error) => void) {
    super();
    this.#port = port;
    port.onmessage = ({ data }: MessageEvent<Uint8Array | PortNotice>) => {
      if (data instanceof Uint8Array) return this.receive(data);
      if (data === 'open') return onOpen(this);
      onRefused(new Error(data.closed));
      this.end(data.closed);
    };
    // The main process went away without a word.
    port.addEventListener('close', () => this.end('lost'));
  }

  send(frame: Uint8Array): void {
    if (this.open) this.#port.postMessage(frame);
  }

  close(): void {
    this.#port.close();
    this.end('closed');
  }
}
