// A page's port to the worker: frames pass as they are; the page hears when it is open and why it ends.
import type { IpcMainEvent, MessagePortMain } from 'electron';
import { connectChannel, type PortNotice } from '../../contract/bridge.ts';
import type { CloseReason } from '../../contract/port.ts';
import type { Channel } from '../worker-process.ts';
import type { Electron } from './api.ts';
import { expectOwn } from './calls.ts';
import type { Windows } from './windows.ts';

/** Of a frame to the worker; an upload's piece has 4 MiB. As in browser mode. */
const largestFrame = 16 * 2 ** 20;
/** Of frames that the worker has not taken yet: four times what a window has on its way at once. */
const mostWaiting = 64 * 2 ** 20;

export function relayPorts({ ipcMain }: Electron, windows: Windows, connect: () => Promise<Channel>): void {
  ipcMain.on(connectChannel, (event) => void open(event));

  async function open(event: IpcMainEvent): Promise<void> {
    const [port, ...more] = event.ports;
    for (const other of more) other.close();
    if (!port) return;
    try {
      expectOwn(windows, event);
    } catch {
      return end(port, 'refused');
    }
    const channel = await connect().catch(() => undefined);
    if (channel) join(port, channel);
    else end(port, 'ended');
  }
}

function join(port: MessagePortMain, channel: Channel): void {
  channel.onMessage((frame) => port.postMessage(frame));
  channel.onClose((reason) => end(port, reason as CloseReason));
  const hasRoom = countWaiting(channel);
  port.on('message', ({ data }) => {
    if (data instanceof Uint8Array && data.length <= largestFrame && hasRoom(data.length)) return channel.send(data);
    end(port, 'refused');
    channel.close();
  });
  port.on('close', () => channel.close());
  port.postMessage('open' satisfies PortNotice);
  port.start();
}

/** A port cannot be held back as a socket can. */
function countWaiting(channel: Channel): (bytes: number) => boolean {
  let waiting = 0;
  return (bytes) => {
    if (channel.full && waiting === 0) {
      channel.onceEmpty(() => {
        waiting = 0;
      });
    }
    if (channel.full) waiting += bytes;
    return waiting <= mostWaiting;
  };
}

function end(port: MessagePortMain, reason: CloseReason): void {
  port.postMessage({ closed: reason } satisfies PortNotice);
  port.close();
}
