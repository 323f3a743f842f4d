// Frames over a stream: whatever the chunks, whatever the lengths, and what is no frame.
import { Duplex, duplexPair } from 'node:stream';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { Pipe } from '../../src-main/host/pipe.ts';
import { waitUntil } from '../support/processes.ts';

type Message = { word: string };
const schema = v.object({ word: v.string() });

function listen(stream: Duplex) {
  const heard: unknown[] = [];
  let closed: { error: Error | undefined } | undefined;
  const pipe = new Pipe<Message, Message>(stream, schema, {
    onControl: (message) => heard.push(message),
    onFrame: (channel, frame) => heard.push([channel, frame]),
    onClose: (error) => {
      closed = { error };
    },
  });
  return { pipe, heard, closed: () => closed };
}

test('frames and messages arrive whole and in order, in chunks of any size', async () => {
  const [near, far] = duplexPair();
  const sent: Buffer[] = [];
  far.on('data', (chunk: Buffer) => sent.push(chunk));
  const sender = listen(near).pipe;
  const frames = [0, 1, 7, 8, 9, 100_000, 0].map((length) => new Uint8Array(length).map((_, index) => index));
  frames.forEach((frame, index) => {
    sender.send(index + 1, frame);
    sender.tell({ word: String(index) });
  });
  await waitUntil(() => sent.reduce((sum, chunk) => sum + chunk.length, 0) > 100_000 + 14 * 8, 'all that was sent');
  const bytes = Buffer.concat(sent);
  for (const size of [1, 3, 8, 64_000, bytes.length]) {
    const [source, target] = duplexPair();
    const { heard } = listen(target);
    // A slow walk through every boundary at size 1 takes the first part only: the rest is one long frame.
    const end = size === 1 ? 400 : bytes.length;
    for (let offset = 0; offset < end; offset += size)
      source.write(bytes.subarray(offset, Math.min(offset + size, end)));
    const expected = frames.flatMap((frame, index) => [[index + 1, frame], { word: String(index) }]);
    const count = size === 1 ? 10 : expected.length;
    await waitUntil(() => heard.length >= count, `${count} frames from chunks of ${size}`);
    expect(heard).toEqual(expected.slice(0, heard.length));
    for (const entry of heard) if (Array.isArray(entry)) expect((entry[1] as Uint8Array).byteOffset).toBe(0);
  }
});

test('says when more waits than the other side takes, and when that is over', async () => {
  let release = () => {};
  const slow = new Duplex({
    read() {},
    write: (_chunk, _encoding, done) => {
      release = done;
    },
  });
  const { pipe } = listen(slow);
  expect(pipe.full).toBe(false);
  pipe.send(1, new Uint8Array(100_000));
  expect(pipe.full).toBe(true);
  const empty = Promise.withResolvers<void>();
  pipe.onceEmpty(() => empty.resolve());
  const timer = setInterval(() => release(), 1);
  await empty.promise;
  clearInterval(timer);
  expect(pipe.full).toBe(false);
});

test.each([
  ['a length beyond all limits', Buffer.from('HTTP/1.1 200 OK'), 'a frame of 1347703880 bytes'],
  ['a message that is no JSON', Buffer.from([1, 0, 0, 0, 0, 0, 0, 0, 0x7b]), 'JSON'],
  ['a message of another kind', Buffer.from([2, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x7d]), 'Invalid key'],
])('%s ends it with an error', async (_, bytes, message) => {
  const [near, far] = duplexPair();
  const { closed } = listen(far);
  near.write(bytes);
  await waitUntil(() => closed() !== undefined, 'the end');
  expect(closed()!.error?.message).toContain(message);
});

test('ends without an error when the other side is gone; what is sent then is lost', async () => {
  const [near, far] = duplexPair();
  const { pipe, closed } = listen(far);
  near.end();
  near.resume();
  await waitUntil(() => closed() !== undefined, 'the end');
  expect(closed()!.error).toBeUndefined();
  pipe.send(1, Uint8Array.of(1));
  pipe.tell({ word: 'nobody hears this' });
});
