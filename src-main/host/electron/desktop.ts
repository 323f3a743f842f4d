// The desktop program: worker, windows, menu, sleep, notifications, and what happens when it is to end while something runs.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { BrowserWindow, MessageBoxOptions } from 'electron';
import { menuChannel, openChannel } from '../../contract/bridge.ts';
import type { PinholeError } from '../../contract/errors.ts';
import { connectService } from '../../contract/rpc.ts';
import type { Task } from '../../contract/tasks.ts';
import type { Preferences } from '../../contract/views.ts';
import { findServer } from '../announcement.ts';
import { expectAllowed } from '../window/access.ts';
import { WorkerProcess } from '../worker-process.ts';
import type { Electron } from './api.ts';
import { answerCalls } from './calls.ts';
import { menuTemplate } from './menu.ts';
import { announceScheme, servePage } from './page.ts';
import { keepPlace, workspacePlace } from './place.ts';
import { relayPorts } from './relay.ts';
import { isActive, watchService } from './watch.ts';
import { findNoMachine, refusePermissions, refuseRequests, Windows, windowOptions } from './windows.ts';
import { type Words, wordsFor } from './words.ts';

export interface DesktopPlaces {
  /** Built by electron-vite. */
  renderer: string;
  preload: string;
  icon: string | undefined;
  /** The worker's module and the Node that runs it. */
  worker: URL;
  node: string;
}

export interface DesktopOptions {
  electron: Electron;
  places: DesktopPlaces;
  platform: NodeJS.Platform;
  /** What the program was started with: files to import. */
  arguments: readonly string[];
  /** `PINHOLE_WORKSPACE`. */
  workspace: string | undefined;
}

/** Starts the program; a second one hands its files to the first and ends. */
export async function startDesktop(options: DesktopOptions): Promise<Desktop | null> {
  const { electron } = options;
  if (!electron.app.requestSingleInstanceLock()) {
    electron.app.quit();
    return null;
  }
  announceScheme(electron);
  findNoMachine(electron);
  const desktop = new Desktop(options);
  await electron.app.whenReady();
  await desktop.begin();
  return desktop;
}

export class Desktop {
  readonly #options: DesktopOptions;
  readonly #electron: Electron;
  readonly #windows: Windows;
  readonly #workspace: string;
  readonly #roots: string[];
  readonly #allowed = new Set<string>();
  #worker!: WorkerProcess;
  #stopWatching = () => {};
  #preferences: Preferences | undefined;
  #running: readonly Task[] = [];
  #awake: number | null = null;
  /** `asked` while a person decides, `ending` once there is no way back. */
  #quitting: 'no' | 'asked' | 'ending' = 'no';
  /** Opened before there was a window to open it in. */
  #waiting: string[];

  constructor(options: DesktopOptions) {
    const { electron, places, workspace } = options;
    const { app } = electron;
    this.#options = options;
    this.#electron = electron;
    this.#windows = new Windows(electron, windowOptions(places.preload, places.icon));
    this.#workspace = workspacePlace(app.getPath('userData'), app.getPath('home'), workspace);
    this.#roots = [app.getPath('home')];
    this.#waiting = filesIn(options.arguments, process.cwd());
    // macOS says so even before it is ready.
    app.on('open-file', (event, path) => {
      event.preventDefault();
      void this.openFiles([path]);
    });
    app.on('second-instance', (_event, words, folder) => void this.openFiles(filesIn(words.slice(1), folder)));
    app.on('activate', () => void this.#windows.show());
    app.on('window-all-closed', () => this.#allClosed());
    app.on('before-quit', (event) => this.#beforeQuit(event));
  }

  async begin(): Promise<void> {
    const { electron } = this;
    const { places } = this.#options;
    refusePermissions(electron);
    refuseRequests(electron);
    servePage(electron, places.renderer);
    this.#worker = new WorkerProcess({
      workspace: this.#workspace,
      command: 'pinhole (desktop)',
      roots: this.#roots,
      node: places.node,
      module: places.worker,
      onGivenUp: (error) => void this.#fail(error),
    });
    const connect = () => this.#worker.connect();
    relayPorts(electron, this.#windows, connect);
    answerCalls({
      electron,
      windows: this.#windows,
      allow: (path) => this.#allow(path),
      expectKnown: (path) => this.#expectKnown(path),
      chooseWorkspace: () => this.#chooseWorkspace(),
    });
    this.#setMenu();
    this.#stopWatching = watchService(connect, {
      onTasks: (tasks) => this.#seeTasks(tasks),
      onPreferences: (preferences) => {
        this.#preferences = preferences;
        this.#setMenu();
      },
      onFault: (error) => console.error(error),
    });
    await this.#openWindow();
  }

  get electron(): Electron {
    return this.#electron;
  }

  get workerPid(): number | undefined {
    return this.#worker.pid;
  }

  /** Files or folders from the file manager, the list of recent documents, or a second start. */
  async openFiles(paths: readonly string[]): Promise<void> {
    this.#waiting.push(...paths);
    if (!this.#electron.app.isReady()) return;
    const window = await this.#windows.show();
    this.#handOver(window);
  }

  async #openWindow(): Promise<void> {
    const window = await this.#windows.open();
    this.#handOver(window);
  }

  #handOver(window: BrowserWindow): void {
    const paths = this.#waiting.splice(0);
    for (const path of paths) this.#allow(path);
    if (paths.length > 0) window.webContents.send(openChannel, paths);
  }

  #allow(path: string): void {
    this.#allowed.add(path);
    this.#worker.allow(path);
  }

  /** Throws `refused` where a path is none that a person chose at some time: what was picked, sources of data sets, exports. */
  async #expectKnown(path: string): Promise<void> {
    const { service, close } = connectService(await this.#worker.connect());
    try {
      const sources = (await service.datasets()).flatMap((dataset) => dataset.sources);
      const allowed = new Set([...this.#allowed, ...sources]);
      expectAllowed({ workspace: this.#workspace, roots: this.#roots, allowed }, path);
    } finally {
      close();
    }
  }

  get #words(): Words {
    return wordsFor(this.#preferences?.language ?? 'system', this.#electron.app.getLocale());
  }

  #setMenu(): void {
    const { Menu, dialog } = this.#electron;
    const isMac = this.#options.platform === 'darwin';
    const template = menuTemplate(this.#words, this.#preferences?.recentSources ?? [], isMac, {
      command: (command) => void this.#windows.show().then((window) => window.webContents.send(menuChannel, command)),
      open: (paths) => void this.openFiles(paths.filter((path) => existsSync(path))),
      pick: async (kind) => {
        const one = kind === 'folders' ? 'openDirectory' : 'openFile';
        const { canceled, filePaths } = await dialog.showOpenDialog({ properties: [one, 'multiSelections'] });
        if (!canceled) await this.openFiles(filePaths);
      },
      newWindow: () => void this.#openWindow(),
    });
    Menu.setApplicationMenu(Menu.buildFromTemplate(template));
  }

  #seeTasks(tasks: readonly Task[]): void {
    const { powerSaveBlocker } = this.#electron;
    const before = this.#running;
    this.#running = tasks.filter(isActive);
    const works = this.#running.some(({ state }) => state === 'running');
    if (works && this.#awake === null) this.#awake = powerSaveBlocker.start('prevent-app-suspension');
    if (!works && this.#awake !== null) {
      powerSaveBlocker.stop(this.#awake);
      this.#awake = null;
    }
    if (before.length > 0 && this.#running.length === 0 && this.#windows.count === 0) this.#endedAlone();
  }

  /** Nobody looks: it is said, and there is nothing left to stay for. */
  #endedAlone(): void {
    if (this.#preferences?.notifications !== false) this.#say(this.#words['done.text']);
    if (this.#options.platform !== 'darwin') this.#electron.app.quit();
  }

  #say(body: string): void {
    new this.#electron.Notification({ title: 'Pinhole', body }).show();
  }

  #allClosed(): void {
    const goesOn = this.#running.length > 0 && this.#preferences?.keepTraining !== false;
    if (goesOn && this.#quitting === 'no') this.#say(this.#words['background.text']);
    else if (this.#options.platform !== 'darwin' || this.#quitting !== 'no') this.#electron.app.quit();
  }

  #beforeQuit(event: { preventDefault(): void }): void {
    if (this.#quitting === 'ending') return;
    event.preventDefault();
    if (this.#quitting === 'no') void this.#quit();
  }

  /** With something at work a person is asked; without a window there was nothing to ask about. */
  async #quit(): Promise<void> {
    this.#quitting = 'asked';
    if (this.#running.length > 0 && this.#windows.count > 0) {
      const answer = await this.#askToQuit();
      if (answer !== 'stop') {
        this.#quitting = 'no';
        if (answer === 'go on') for (const window of this.#electron.BrowserWindow.getAllWindows()) window.close();
        return;
      }
    }
    await this.#end();
    this.#electron.app.quit();
  }

  async #askToQuit(): Promise<'go on' | 'stop' | 'stay'> {
    const words = this.#words;
    const answers = ['go on', 'stop', 'stay'] as const;
    const options: MessageBoxOptions = {
      type: 'question',
      message: words['quit.title'],
      detail: words['quit.text'],
      buttons: answers.map((answer) => words[`quit.${answer}`]),
      defaultId: 0,
      cancelId: 2,
    };
    const window = this.#windows.current();
    const { dialog } = this.#electron;
    const { response } = await (window ? dialog.showMessageBox(window, options) : dialog.showMessageBox(options));
    return answers[response] ?? 'stay';
  }

  /** The worker writes its checkpoints; what ran goes on at the next start. */
  async #end(): Promise<void> {
    this.#stopWatching();
    await this.#worker.close();
    this.#quitting = 'ending';
  }

  async #chooseWorkspace(): Promise<void> {
    const { app, dialog } = this.#electron;
    const { canceled, filePaths } = await dialog.showOpenDialog({ properties: ['openDirectory', 'createDirectory'] });
    const [chosen] = filePaths;
    if (canceled || chosen === undefined || chosen === this.#workspace) return;
    await keepPlace(app.getPath('userData'), chosen);
    await this.#end();
    app.relaunch();
    app.quit();
  }

  /** No worker, no work. Where another Pinhole holds the workspace and serves it, that can be looked at instead. */
  async #fail({ code, message, advice }: PinholeError): Promise<void> {
    const { app, dialog, shell } = this.#electron;
    const words = this.#words;
    const served = code === 'workspace-locked' ? await findServer(this.#workspace) : undefined;
    const actions = [
      ...(served === undefined ? [] : [{ label: words['failed.browser'], run: () => shell.openExternal(served) }]),
      { label: words['failed.choose'], run: () => this.#chooseWorkspace() },
      { label: words['failed.quit'], run: async () => {} },
    ];
    const { response } = await dialog.showMessageBox({
      type: 'error',
      message: words['failed.title'],
      detail: `${message} ${advice}`,
      buttons: actions.map(({ label }) => label),
      defaultId: 0,
      cancelId: actions.length - 1,
    });
    await actions[response]?.run();
    await this.#end();
    app.quit();
  }
}

/** Of command-line words those that are there: systems and Electron add switches of their own. */
function filesIn(words: readonly string[], folder: string): string[] {
  return words
    .filter((word) => word !== '' && !word.startsWith('-'))
    .map((word) => resolve(folder, word))
    .filter((path) => existsSync(path));
}
