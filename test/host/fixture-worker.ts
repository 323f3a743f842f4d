// A worker that misbehaves as its workspace's name says, for the tests of the front's side.
import { Socket } from 'node:net';
import { basename } from 'node:path';
import { Pipe } from '../../src-main/host/pipe.ts';
import { type ToFront, type ToWorker, toWorkerSchema } from '../../src-main/host/worker-messages.ts';

const socket = new Socket({ fd: 3 });
const pipe = new Pipe<ToWorker, ToFront>(socket, toWorkerSchema, {
  onControl(message) {
    if (message.type === 'start') begin(basename(message.workspace));
    // Dies as soon as a window comes.
    else if (message.type === 'open') dieWithWords();
  },
  onFrame() {},
  onClose: () => process.exit(0),
});

function begin(deed: string): void {
  if (deed === 'die-at-start') dieWithWords();
  else if (deed === 'talk-nonsense') socket.write('HTTP/1.1 200 OK\r\n\r\n');
  else if (deed === 'say-what-is-not-known') pipe.tell({ type: 'unknown' } as unknown as ToFront);
  else pipe.tell({ type: 'ready' });
}

function dieWithWords(): void {
  process.stderr.write('the driver said goodbye\n', () => process.exit(7));
}
