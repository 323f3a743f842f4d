// The main process's side of the bridge: every call's sender and parameters are checked, and what a person picked is allowed.
import { existsSync } from 'node:fs';
import type { IpcMainInvokeEvent, OpenDialogOptions } from 'electron';
import * as v from 'valibot';
import { type BridgeCall, bridgeCalls, channelOf } from '../../contract/bridge.ts';
import { PinholeError } from '../../contract/errors.ts';
import type { Electron } from './api.ts';
import type { Windows } from './windows.ts';

/** Nothing that a person does leads there: the page is not in its right mind. */
const advice = 'Close this window and open a new one.';

export interface Surroundings {
  electron: Electron;
  windows: Windows;
  /** A person picked or dropped this path. */
  allow(path: string): void;
  /** Throws `refused` where a path is none that a person has to do with. */
  expectKnown(path: string): Promise<void>;
  /** Asks for another workspace and starts again there. */
  chooseWorkspace(): Promise<void>;
}

type Parameters<C extends BridgeCall> = v.InferOutput<(typeof bridgeCalls)[C]>;
type Handlers = { [C in BridgeCall]: (...parameters: Parameters<C>) => unknown };

export function answerCalls(surroundings: Surroundings): void {
  const { electron, windows, allow } = surroundings;
  const { dialog, shell, Notification, app } = electron;

  async function pick(properties: NonNullable<OpenDialogOptions['properties']>): Promise<string[]> {
    const window = windows.current();
    const { canceled, filePaths } = await (window
      ? dialog.showOpenDialog(window, { properties })
      : dialog.showOpenDialog({ properties }));
    if (canceled) return [];
    return take(filePaths);
  }

  function take(paths: readonly string[]): string[] {
    for (const path of paths) {
      allow(path);
      app.addRecentDocument(path);
    }
    return [...paths];
  }

  const handlers: Handlers = {
    'pick-folders': () => pick(['openDirectory', 'multiSelections']),
    'pick-files': () => pick(['openFile', 'multiSelections']),
    'pick-out-folder': async () => (await pick(['openDirectory', 'createDirectory']))[0] ?? null,
    dropped: (paths) => take(paths),
    async reveal(path) {
      await surroundings.expectKnown(path);
      if (!existsSync(path)) {
        throw new PinholeError('not-found', `There is nothing at ${path}.`, 'It was moved or deleted since.');
      }
      shell.showItemInFolder(path);
    },
    notify: (title, body) => new Notification({ title, body }).show(),
    'choose-workspace': () => surroundings.chooseWorkspace(),
  };

  for (const call of Object.keys(handlers) as BridgeCall[]) {
    electron.ipcMain.handle(channelOf(call), (event, ...parameters) => {
      expectOwn(windows, event);
      const checked = v.safeParse(bridgeCalls[call] as v.GenericSchema, parameters);
      if (!checked.success) {
        throw new PinholeError('refused', `The call ${call} came with parameters that it does not have.`, advice);
      }
      return (handlers[call] as (...parameters: unknown[]) => unknown)(...(checked.output as unknown[]));
    });
  }
}

/** Throws `refused` for whatever is not the page in one of the own windows. */
export function expectOwn(
  windows: Windows,
  { sender, senderFrame }: Pick<IpcMainInvokeEvent, 'sender' | 'senderFrame'>,
) {
  if (!windows.isOwn(sender, senderFrame)) {
    throw new PinholeError('refused', 'A message came from somewhere else than the own page.', advice);
  }
}
