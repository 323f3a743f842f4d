// A stand-in for the `electron` module: what the desktop door uses of it, typed, with everything recorded.
import { EventEmitter } from 'node:events';
import type {
  BrowserWindowConstructorOptions,
  MenuItemConstructorOptions,
  MessageBoxOptions,
  OpenDialogOptions,
} from 'electron';
import type { Electron } from '../../src-main/host/electron/api.ts';

export interface StandInOptions {
  userData: string;
  home: string;
  appPath?: string;
  /** Another instance is there already. */
  second?: boolean;
  locale?: string;
}

type Handler = (event: unknown, ...parameters: unknown[]) => unknown;

/** Both ends of a message port: `main` as Electron's main process sees it, `page` as the page does. */
export class StandInPort extends EventEmitter {
  other!: StandInPort;
  open = true;
  /** Messages wait until the port is started, as the main process's do. */
  #waiting: unknown[] | null = [];

  static pair(): [main: StandInPort, page: StandInPort] {
    const [main, page] = [new StandInPort(), new StandInPort()];
    main.other = page;
    page.other = main;
    page.start();
    return [main, page];
  }

  postMessage(data: unknown): void {
    if (this.open) setImmediate(() => this.other.#receive(data));
  }

  start(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    for (const data of waiting) this.#receive(data);
  }

  #receive(data: unknown): void {
    if (this.#waiting) this.#waiting.push(data);
    else this.emit('message', { data });
  }

  close(): void {
    if (!this.open) return;
    this.open = false;
    setImmediate(() => {
      this.other.open = false;
      this.other.emit('close');
    });
  }
}

export class StandInContents extends EventEmitter {
  sent: [channel: string, value: unknown][] = [];
  openHandler: ((details: unknown) => { action: string }) | undefined;
  mainFrame = { url: 'pinhole://app/index.html', parent: null };

  webRtcPolicy = '';

  setWebRTCIPHandlingPolicy(policy: string): void {
    this.webRtcPolicy = policy;
  }

  setWindowOpenHandler(handler: (details: unknown) => { action: string }): void {
    this.openHandler = handler;
  }

  send(channel: string, value: unknown): void {
    this.sent.push([channel, value]);
  }
}

export class StandInWindow extends EventEmitter {
  readonly options: BrowserWindowConstructorOptions;
  readonly webContents = new StandInContents();
  readonly world: World;
  address = '';
  shown = 0;
  minimized = false;

  constructor(world: World, options: BrowserWindowConstructorOptions) {
    super();
    this.world = world;
    this.options = options;
    world.windows.push(this);
  }

  async loadURL(address: string): Promise<void> {
    this.address = address;
    this.emit('ready-to-show');
  }

  show(): void {
    this.shown++;
  }

  focus(): void {}
  isDestroyed = () => !this.world.windows.includes(this);
  isMinimized = () => this.minimized;
  restore(): void {
    this.minimized = false;
  }

  close(): void {
    this.world.windows.splice(this.world.windows.indexOf(this), 1);
    this.emit('closed');
    if (this.world.windows.length === 0) this.world.app.emit('window-all-closed');
  }
}

class StandInApp extends EventEmitter {
  readonly options: StandInOptions;
  ready = false;
  isPackaged = false;
  ended = false;
  quits = 0;
  relaunched = false;
  exitCode: number | null = null;
  recent: string[] = [];
  switches: [name: string, value: string | undefined][] = [];
  switchedBeforeReady = true;
  commandLine = {
    appendSwitch: (name: string, value?: string) => {
      this.switches.push([name, value]);
      this.switchedBeforeReady &&= !this.ready;
    },
  };

  constructor(options: StandInOptions) {
    super();
    this.options = options;
  }

  requestSingleInstanceLock = () => this.options.second !== true;
  isReady = () => this.ready;
  getLocale = () => this.options.locale ?? 'en-US';
  getAppPath = () => this.options.appPath ?? '';
  getPath = (name: string) => (name === 'home' ? this.options.home : this.options.userData);

  async whenReady(): Promise<void> {
    this.ready = true;
  }

  quit(): void {
    this.quits++;
    let prevented = false;
    const preventDefault = () => {
      prevented = true;
    };
    this.emit('before-quit', { preventDefault });
    if (!prevented) this.ended = true;
  }

  relaunch(): void {
    this.relaunched = true;
  }

  exit(code: number): void {
    this.exitCode = code;
    this.ended = true;
  }

  addRecentDocument(path: string): void {
    this.recent.push(path);
  }
}

/** Everything that the program has done to the system, and the system's answers. */
export class World {
  readonly app: StandInApp;
  readonly windows: StandInWindow[] = [];
  readonly handlers = new Map<string, Handler>();
  readonly listeners = new EventEmitter();
  readonly schemes: { scheme: string; privileges: Record<string, boolean> }[] = [];
  pageHandler: ((request: Request) => Promise<Response>) | undefined;
  menu: MenuItemConstructorOptions[] = [];
  notifications: { title: string; body: string }[] = [];
  awake = new Set<number>();
  boxes: MessageBoxOptions[] = [];
  /** Index of the button that is pressed, by turns; the last one stays. */
  answers: number[] = [0];
  dialogs: OpenDialogOptions[] = [];
  /** What a person picks. */
  picked: string[] = [];
  revealed: string[] = [];
  opened: string[] = [];
  permissionRequest: ((contents: unknown, permission: string, answer: (granted: boolean) => void) => void) | undefined;
  permissionCheck: ((contents: unknown, permission: string) => boolean) | undefined;
  devicePermission: (() => boolean) | undefined;
  requestFilter: ((details: { url: string }, answer: (verdict: { cancel: boolean }) => void) => void) | undefined;
  readonly electron: Electron;

  constructor(options: StandInOptions) {
    this.app = new StandInApp(options);
    this.electron = this.#electron() as unknown as Electron;
  }

  /** A call as a page's preload script makes it; from another sender or frame where they are given. */
  async invoke(call: string, parameters: unknown[], from: { sender?: unknown; senderFrame?: unknown } = {}) {
    const contents = this.windows[0]?.webContents;
    const handler = this.handlers.get(`pinhole:${call}`);
    if (!handler) throw new Error(`Nothing answers ${call}.`);
    return handler({ sender: contents, senderFrame: contents?.mainFrame, ...from }, ...parameters);
  }

  /** A page asks for a port; gives its end. */
  connect(from: { sender?: unknown; senderFrame?: unknown } = {}): StandInPort {
    const [main, page] = StandInPort.pair();
    const contents = this.windows[0]?.webContents;
    this.listeners.emit('pinhole:connect', {
      sender: contents,
      senderFrame: contents?.mainFrame,
      ports: [main],
      ...from,
    });
    return page;
  }

  /** The menu's item with this label, wherever it is. */
  menuItem(label: string, items = this.menu): MenuItemConstructorOptions {
    const found = this.#find(label, items);
    if (!found) throw new Error(`The menu has no “${label}”.`);
    return found;
  }

  #find(label: string, items: MenuItemConstructorOptions[]): MenuItemConstructorOptions | undefined {
    for (const item of items) {
      if (item.label === label) return item;
      const below = Array.isArray(item.submenu) ? this.#find(label, item.submenu) : undefined;
      if (below) return below;
    }
    return undefined;
  }

  #electron() {
    const world = this;
    class BrowserWindow extends StandInWindow {
      static getFocusedWindow = () => null;
      static getAllWindows = () => [...world.windows];
      constructor(options: BrowserWindowConstructorOptions) {
        super(world, options);
      }
    }
    class Notification {
      readonly #words: { title: string; body: string };
      constructor(words: { title: string; body: string }) {
        this.#words = words;
      }
      show(): void {
        world.notifications.push(this.#words);
      }
    }
    // The window comes first where there is one.
    const last = <T>(parameters: unknown[]) => parameters.at(-1) as T;
    return {
      app: world.app,
      BrowserWindow,
      Notification,
      ipcMain: {
        handle: (channel: string, handler: Handler) => world.handlers.set(channel, handler),
        on: (channel: string, listener: (event: unknown) => void) => world.listeners.on(channel, listener),
      },
      dialog: {
        showOpenDialog: async (...parameters: unknown[]) => {
          world.dialogs.push(last(parameters));
          return { canceled: world.picked.length === 0, filePaths: world.picked };
        },
        showMessageBox: async (...parameters: unknown[]) => {
          world.boxes.push(last(parameters));
          return { response: world.answers.length > 1 ? world.answers.shift() : world.answers[0] };
        },
        showErrorBox: (title: string, content: string) => world.boxes.push({ message: title, detail: content }),
      },
      Menu: {
        buildFromTemplate: (template: MenuItemConstructorOptions[]) => template,
        setApplicationMenu: (menu: unknown) => {
          world.menu = menu as MenuItemConstructorOptions[];
        },
      },
      powerSaveBlocker: {
        start: () => {
          const id = world.awake.size + 1;
          world.awake.add(id);
          return id;
        },
        stop: (id: number) => world.awake.delete(id),
      },
      protocol: {
        registerSchemesAsPrivileged: (schemes: typeof world.schemes) => world.schemes.push(...schemes),
        handle: (_scheme: string, handler: (request: Request) => Promise<Response>) => {
          world.pageHandler = handler;
        },
      },
      session: {
        defaultSession: {
          webRequest: {
            onBeforeRequest: (filter: typeof world.requestFilter) => {
              world.requestFilter = filter;
            },
          },
          setPermissionRequestHandler: (handler: typeof world.permissionRequest) => {
            world.permissionRequest = handler;
          },
          setPermissionCheckHandler: (handler: typeof world.permissionCheck) => {
            world.permissionCheck = handler;
          },
          setDevicePermissionHandler: (handler: typeof world.devicePermission) => {
            world.devicePermission = handler;
          },
        },
      },
      shell: {
        showItemInFolder: (path: string) => world.revealed.push(path),
        openExternal: async (address: string) => void world.opened.push(address),
      },
    };
  }
}
