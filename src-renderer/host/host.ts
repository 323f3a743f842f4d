// What a window can ask of the machine around it, through either door: Electron's bridge, or a plain browser.
import type { Port } from '../../src-main/contract/port.ts';

export interface Host {
  readonly kind: 'electron' | 'browser';
  /** A new connection to the service; rejects where there is none to be had. */
  connect(): Promise<Port>;
  /** Paths from the system's own dialog; null where there is none and the folder browser must do. */
  readonly pick: null | {
    folders(): Promise<string[]>;
    files(): Promise<string[]>;
    /** A folder to write to; null where the person chose none. */
    outFolder(): Promise<string | null>;
  };
  /** Paths of dropped files; null where a browser hides them and they must be uploaded. */
  readonly pathsOf: null | ((files: File[]) => Promise<string[]>);
  /** Shows a file in the system's file manager; null where that would be on another machine. */
  readonly reveal: null | ((path: string) => Promise<void>);
  /** Says something while the window is not looked at. */
  notify(title: string, text: string): void;
  /** Commands from native menus; does nothing in a browser. */
  onMenu(listener: (command: string) => void): () => void;
  /** Files and folders that were opened from the system: from the file manager, the menu, the recent ones. */
  onOpen(listener: (paths: string[]) => void): () => void;
  /** Opens this Pinhole in another browser: with the key; null where there is no such address. */
  readonly address: (() => string) | null;
  /** Another workspace folder: asks, then starts again there; null where the command line decides. */
  readonly chooseWorkspace: null | (() => Promise<void>);
}
