// The native menu: import, recent sources, the screens, and what every program of the system has.
import { basename } from 'node:path';
import type { MenuItemConstructorOptions } from 'electron';
import type { MenuCommand } from '../../contract/bridge.ts';
import type { Words } from './words.ts';

export interface MenuActions {
  command(command: MenuCommand): void;
  open(paths: string[]): void;
  pick(kind: 'folders' | 'files'): void;
  newWindow(): void;
}

const screens = ['import', 'train', 'explore', 'compress', 'export', 'settings'] as const;

export function menuTemplate(
  words: Words,
  recent: readonly string[],
  isMac: boolean,
  actions: MenuActions,
): MenuItemConstructorOptions[] {
  const recentItems: MenuItemConstructorOptions[] =
    recent.length === 0
      ? [{ label: words.noRecent, enabled: false }]
      : recent.map((path) => ({ label: basename(path), toolTip: path, click: () => actions.open([path]) }));
  return [
    ...(isMac ? [{ role: 'appMenu' } as const] : []),
    {
      label: words.file,
      submenu: [
        { label: words.openFolder, accelerator: 'CmdOrCtrl+O', click: () => actions.pick('folders') },
        { label: words.openFiles, accelerator: 'CmdOrCtrl+Shift+O', click: () => actions.pick('files') },
        { label: words.recent, submenu: recentItems },
        { type: 'separator' },
        { label: words.newWindow, accelerator: 'CmdOrCtrl+N', click: () => actions.newWindow() },
        { role: 'close' },
        ...(isMac ? [] : [{ role: 'quit' } as const]),
      ],
    },
    { role: 'editMenu', label: words.edit },
    {
      label: words.view,
      submenu: [
        ...screens.map((screen, index) => ({
          label: words[screen],
          accelerator: `CmdOrCtrl+${index + 1}`,
          click: () => actions.command(screen),
        })),
        { type: 'separator' },
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { role: 'togglefullscreen' },
      ],
    },
    { role: 'windowMenu', label: words.window },
    {
      role: 'help',
      label: words.help,
      submenu: [{ label: words.shortcuts, click: () => actions.command('shortcuts') }],
    },
  ];
}
