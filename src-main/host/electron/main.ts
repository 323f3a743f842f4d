// Electron's entry: finds what lies beside it, in a clone and in a package, and starts the desktop program.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as electron from 'electron';
import { chooseNode, explainMissingNode } from '../pinned-node.mjs';
import { startDesktop } from './desktop.ts';

const { app, dialog } = electron;

/** In a package the built files are in the archive, everything that a plain Node must read lies beside it. */
const root = app.getAppPath();
const unpacked = root.replace(/app\.asar$/, 'app.asar.unpacked');

function findNode(): string | undefined {
  const { platform, arch } = process;
  if (!app.isPackaged) {
    // Who started this says which; Electron's own binary is no Node for the worker.
    const none = { platform, arch, version: 'v0', execPath: '' };
    return process.env.PINHOLE_NODE ?? chooseNode(none, join(root, 'package.json'));
  }
  const packaged = join(process.resourcesPath, 'node', platform === 'win32' ? 'node.exe' : 'node');
  return existsSync(packaged) ? packaged : undefined;
}

const node = findNode();
if (node === undefined) {
  dialog.showErrorBox('Pinhole', explainMissingNode(process));
  app.exit(3);
} else {
  const icon = join(root, 'resources', 'icon.png');
  await startDesktop({
    electron,
    platform: process.platform,
    arguments: process.argv.slice(app.isPackaged ? 1 : 2),
    workspace: process.env.PINHOLE_WORKSPACE,
    places: {
      renderer: join(root, 'out', 'renderer'),
      preload: join(root, 'out', 'preload', 'preload.cjs'),
      icon: process.platform === 'linux' && existsSync(icon) ? icon : undefined,
      worker: pathToFileURL(join(unpacked, 'src-main', 'host', 'worker.ts')),
      node,
    },
  });
}
