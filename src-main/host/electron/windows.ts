// Windows: sandboxed frames around the page, that go nowhere else, open nothing, and are allowed nothing.
import type { BrowserWindow, BrowserWindowConstructorOptions, WebContents } from 'electron';
import { pageOrigin } from '../../contract/bridge.ts';
import type { Electron } from './api.ts';
import { isPage } from './page.ts';

export function windowOptions(preload: string, icon: string | undefined): BrowserWindowConstructorOptions {
  return {
    width: 1280,
    height: 800,
    minWidth: 480,
    minHeight: 360,
    show: false,
    title: 'Pinhole',
    ...(icon !== undefined && { icon }),
    webPreferences: {
      preload,
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      webviewTag: false,
      allowRunningInsecureContent: false,
      navigateOnDragDrop: false,
      spellcheck: false,
      // Curves go on being drawn, and a connection is kept, behind other windows.
      backgroundThrottling: false,
    },
  };
}

export class Windows {
  readonly #electron: Electron;
  readonly #options: BrowserWindowConstructorOptions;
  readonly #all = new Set<BrowserWindow>();

  constructor(electron: Electron, options: BrowserWindowConstructorOptions) {
    this.#electron = electron;
    this.#options = options;
  }

  get count(): number {
    return this.#all.size;
  }

  async open(): Promise<BrowserWindow> {
    const window = new this.#electron.BrowserWindow(this.#options);
    this.#all.add(window);
    window.once('closed', () => this.#all.delete(window));
    window.once('ready-to-show', () => window.show());
    closeIn(window.webContents);
    await window.loadURL(`${pageOrigin}/`);
    return window;
  }

  /** The one that is looked at, else any. */
  current(): BrowserWindow | undefined {
    const focused = this.#electron.BrowserWindow.getFocusedWindow();
    return focused !== null && this.#all.has(focused) ? focused : [...this.#all].at(-1);
  }

  /** Brings a window to the front, making one where there is none. */
  async show(): Promise<BrowserWindow> {
    const window = this.current() ?? (await this.open());
    if (window.isMinimized()) window.restore();
    window.show();
    window.focus();
    return window;
  }

  /** Whether a message comes from the page in one of these windows, and from its main frame. */
  isOwn(sender: WebContents, frame: { url: string; parent: unknown } | null): boolean {
    const known = [...this.#all].some((window) => !window.isDestroyed() && window.webContents === sender);
    try {
      return known && frame !== null && frame.parent === null && isPage(frame.url);
    } catch {
      return false; // a frame that is gone in this moment has no address any more
    }
  }
}

/** No other page, no other window, no frames of other kinds. */
function closeIn(contents: WebContents): void {
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  contents.on('will-navigate', (event) => event.preventDefault());
  contents.on('will-redirect', (event) => event.preventDefault());
  contents.on('will-frame-navigate', (event) => event.preventDefault());
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWebRTCIPHandlingPolicy('disable_non_proxied_udp');
}

/** Before the program is ready: whatever Chromium itself may want from other machines, it finds none. */
export function findNoMachine({ app }: Electron): void {
  app.commandLine.appendSwitch('host-resolver-rules', 'MAP * ~NOTFOUND');
  app.commandLine.appendSwitch('disable-background-networking');
}

/** The page's policy forbids it already; this holds for what no policy covers, too. */
export function refuseRequests({ session }: Electron): void {
  const own = /^(?:blob|data|devtools):/;
  session.defaultSession.webRequest.onBeforeRequest(({ url }, answer) =>
    answer({ cancel: !isPage(url) && !own.test(url) }),
  );
}

/** Cameras, places, other people's clipboards: the page asks for nothing but to copy words, and gets nothing else. */
export function refusePermissions({ session }: Electron): void {
  const granted = new Set(['clipboard-sanitized-write']);
  session.defaultSession.setPermissionRequestHandler((_contents, permission, answer) =>
    answer(granted.has(permission)),
  );
  session.defaultSession.setPermissionCheckHandler((_contents, permission) => granted.has(permission));
  session.defaultSession.setDevicePermissionHandler(() => false);
}
