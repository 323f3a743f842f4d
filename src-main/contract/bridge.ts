// The bridge of the desktop window: all that its page may ask of the system beside the service. Checked on arrival.
import * as v from 'valibot';

/** Where the page is served from: no file address, so that nothing else of the disk can be named. */
export const pageOrigin = 'pinhole://app';

const path = v.pipe(v.string(), v.minLength(1), v.maxLength(32_768));
const text = v.pipe(v.string(), v.maxLength(2_000));

/** What a page may send, with the schema of its parameters. */
export const bridgeCalls = {
  'pick-folders': v.strictTuple([]),
  'pick-files': v.strictTuple([]),
  'pick-out-folder': v.strictTuple([]),
  /** From the preload script only, which takes the paths from dropped files itself. */
  dropped: v.strictTuple([v.pipe(v.array(path), v.maxLength(10_000))]),
  reveal: v.strictTuple([path]),
  notify: v.strictTuple([text, text]),
  'choose-workspace': v.strictTuple([]),
} as const satisfies Record<string, v.GenericSchema>;
export type BridgeCall = keyof typeof bridgeCalls;

/** Names of Electron's channels. */
export const channelOf = (call: BridgeCall): string => `pinhole:${call}`;
/** The page asks for a port to the service; the port comes back to its window as a message of the same name. */
export const connectChannel = 'pinhole:connect';
export const menuChannel = 'pinhole:menu';
export const openChannel = 'pinhole:open';

export const menuCommands = ['import', 'train', 'explore', 'compress', 'export', 'settings', 'shortcuts'] as const;
export type MenuCommand = (typeof menuCommands)[number];

/** What the main process says on a page's port before and after frames: that it leads to the service, or why no more. */
export type PortNotice = 'open' | { closed: string };

/** `window.pinhole`. Files that are no dropped or picked ones have no path and are left out. */
export interface Bridge {
  readonly platform: string;
  /** The port arrives as a message event of the window with `connectChannel` as its data. */
  connect(): void;
  pickFolders(): Promise<string[]>;
  pickFiles(): Promise<string[]>;
  /** Null where the person chose none. */
  pickOutFolder(): Promise<string | null>;
  pathsOf(files: readonly unknown[]): Promise<string[]>;
  /** Rejects where the file is not there any more. */
  reveal(path: string): Promise<void>;
  notify(title: string, text: string): Promise<void>;
  /** Asks; with another folder Pinhole starts again there. */
  chooseWorkspace(): Promise<void>;
  onMenu(listener: (command: MenuCommand) => void): () => void;
  /** Images that were opened from the file manager, the menu or the list of recent documents. */
  onOpen(listener: (paths: string[]) => void): () => void;
}
