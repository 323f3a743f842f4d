// The desktop program around the stand-in for Electron, with the real worker, and a page's way to the service.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PortNotice } from '../../src-main/contract/bridge.ts';
import { PortEnd } from '../../src-main/contract/port.ts';
import { connectService } from '../../src-main/contract/rpc.ts';
import { startDesktop } from '../../src-main/host/electron/desktop.ts';
import { type StandInOptions, type StandInPort, World } from './electron.ts';
import { repository } from './resources.ts';
import { temporaryFolder } from './temporary.ts';

export interface StartOptions extends Partial<StandInOptions> {
  platform?: NodeJS.Platform;
  arguments?: string[];
  workspace?: string;
}

/** The page is a small one of its own, in the home folder. */
export async function startStandIn(options: StartOptions = {}) {
  const home = options.home ?? temporaryFolder();
  const world = new World({ userData: join(home, 'settings'), ...options, home });
  const renderer = join(home, 'renderer');
  mkdirSync(join(renderer, 'assets'), { recursive: true });
  writeFileSync(join(renderer, 'index.html'), '<!doctype html><title>Pinhole</title>');
  writeFileSync(join(renderer, 'assets', 'a b.js'), 'export {}');
  const desktop = await startDesktop({
    electron: world.electron,
    platform: options.platform ?? 'linux',
    arguments: options.arguments ?? [],
    workspace: options.workspace,
    places: {
      renderer,
      preload: join(home, 'preload.cjs'),
      icon: undefined,
      worker: pathToFileURL(join(repository, 'src-main/host/worker.ts')),
      node: process.execPath,
    },
  });
  return { world, home, desktop };
}

/** A page's end as the page uses it. */
class PagePort extends PortEnd {
  readonly port: StandInPort;
  readonly opened: Promise<void>;

  constructor(port: StandInPort) {
    super();
    this.port = port;
    this.opened = new Promise((resolve) => {
      port.on('message', ({ data }: { data: Uint8Array | PortNotice }) => {
        if (data instanceof Uint8Array) this.receive(data);
        else if (data === 'open') resolve();
        else this.end(data.closed);
      });
    });
    port.on('close', () => this.end('lost'));
  }

  send(frame: Uint8Array): void {
    this.port.postMessage(frame);
  }

  close(): void {
    this.port.close();
    this.end('closed');
  }
}

export async function openPagePort(world: World): Promise<PagePort> {
  const port = new PagePort(world.connect());
  await port.opened;
  return port;
}

export async function openService(world: World) {
  const port = await openPagePort(world);
  return { port, ...connectService(port) };
}
