// The preload script: the one narrow bridge between the page and the main process. Sandboxed, CommonJS once it is built.
import { contextBridge, type IpcRendererEvent, ipcRenderer, webUtils } from 'electron';
import {
  type Bridge,
  type BridgeCall,
  channelOf,
  connectChannel,
  type MenuCommand,
  menuChannel,
  openChannel,
  pageOrigin,
} from '../../contract/bridge.ts';

const ask = (call: BridgeCall, ...parameters: unknown[]) => ipcRenderer.invoke(channelOf(call), ...parameters);

/** Nothing of Electron's event reaches the page. */
function listen<T>(channel: string, listener: (value: T) => void): () => void {
  const hear = (_event: IpcRendererEvent, value: T) => listener(value);
  ipcRenderer.on(channel, hear);
  return () => void ipcRenderer.removeListener(channel, hear);
}

const bridge: Bridge = {
  platform: process.platform,
  connect() {
    const { port1, port2 } = new MessageChannel();
    ipcRenderer.postMessage(connectChannel, null, [port1 as never]);
    // Ports do not pass the context bridge; a message to the own window does.
    const page = globalThis as unknown as { postMessage(data: unknown, origin: string, ports: unknown[]): void };
    page.postMessage(connectChannel, pageOrigin, [port2]);
  },
  pickFolders: () => ask('pick-folders'),
  pickFiles: () => ask('pick-files'),
  pickOutFolder: () => ask('pick-out-folder'),
  // A path that a page makes up has no file: only what a person dropped or picked becomes readable.
  pathsOf: (files) =>
    ask(
      'dropped',
      files.map((file) => webUtils.getPathForFile(file as never)).filter((path) => path !== ''),
    ),
  reveal: (path) => ask('reveal', path),
  notify: (title, text) => ask('notify', title, text),
  chooseWorkspace: () => ask('choose-workspace'),
  onMenu: (listener) => listen<MenuCommand>(menuChannel, listener),
  onOpen: (listener) => listen<string[]>(openChannel, listener),
};

contextBridge.exposeInMainWorld('pinhole', Object.freeze(bridge));
