// The ONNX bytes: names, open batch, initializers, metadata, and the wire format below them.
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { GraphBuilder } from '../../src-main/compiler/builder.ts';
import * as f from '../../src-main/compiler/functions.ts';
import { toOnnx } from '../../src-main/compiler/onnx/lower.ts';
import { Message } from '../../src-main/compiler/onnx/protobuf.ts';

const bytesOf = (message: Message) => Buffer.from(message.finish()).toString('hex');

describe('protocol-buffer messages', () => {
  // Expected bytes by hand from the encoding guide (protobuf.dev/programming-guides/encoding).
  test.each<[string, Message, string]>([
    ['a varint', new Message().varint(1, 150), '089601'],
    ['zero', new Message().varint(2, 0), '1000'],
    ['127 and 128', new Message().varint(1, 127).varint(1, 128), '087f088001'],
    ['a negative varint', new Message().varint(1, -1), '08ffffffffffffffffff01'],
    ['beyond 32 bits', new Message().varint(1, 2 ** 40), '08808080808020'],
    ['a high field number', new Message().varint(20, 1), 'a00101'],
    ['a string', new Message().string(2, 'testing'), '120774657374696e67'],
    ['two bytes a letter', new Message().string(2, 'é'), '1202c3a9'],
    ['a message', new Message().message(3, new Message().varint(1, 150)), '1a03089601'],
    ['packed varints', new Message().varints(6, [3, 270, 86942]), '3206038e029ea705'],
    ['a float', new Message().float(2, 1), '150000803f'],
    ['a double', new Message().double(1, 1), '09000000000000f03f'],
    ['32 bits', new Message().fixed32(1, 0xdeadbeef), '0defbeadde'],
    ['64 bits', new Message().fixed64(1, 1n), '090100000000000000'],
  ])('write %s', (_, message, expected) => {
    expect(bytesOf(message)).toBe(expected);
  });
});

/** Decodes codes to pixels: what a decoder model does. */
function decoderGraph() {
  const builder = new GraphBuilder();
  const codes = builder.input('codes', { dtype: 'float32', shape: ['N', 2] });
  const pixels = f.matmul(codes, builder.input('w', { dtype: 'float32', shape: [2, 4] }));
  const images = f.reshape(f.cast(f.clip(f.round(f.multiply(pixels, 255)), 0, 255), 'uint8'), ['N', 2, 2, 1]);
  return builder.build('decoder', { images });
}

describe('models', () => {
  test('have an open batch, values inside, and bytes out', async () => {
    const initializers = new Map([['w', Float32Array.of(1, 0.5, 0, -1, 0, 0.5, 1, 2)]]);
    const session = await InferenceSession.create(toOnnx(decoderGraph(), { initializers }));
    expect(session.inputMetadata).toMatchObject([{ name: 'codes', type: 'float32', shape: ['N', 2] }]);
    expect(session.outputMetadata).toMatchObject([{ name: 'images', type: 'uint8', shape: ['N', 2, 2, 1] }]);
    for (const batch of [1, 3]) {
      const codes = new Tensor(
        'float32',
        Float32Array.from({ length: 2 * batch }, () => 0.2),
        [batch, 2],
      );
      const { images } = await session.run({ codes });
      expect(images!.dims).toEqual([batch, 2, 2, 1]);
      expect([...(images!.data as Uint8Array)].slice(-4)).toEqual([51, 51, 51, 51]);
    }
    await session.release();
  });

  test('refuse values of another size', () => {
    const initializers = new Map([['w', new Float32Array(3)]]);
    expect(() => toOnnx(decoderGraph(), { initializers })).toThrow(
      'internal: expected float32[2, 4] for w, received 3 float32 values',
    );
  });

  test('carry metadata and the producer', () => {
    const text = Buffer.from(
      toOnnx(decoderGraph(), { metadata: { preset: 'deep' }, producerVersion: '1.2.3' }),
    ).toString('latin1');
    expect(text).toContain('\x0a\x06preset\x12\x04deep');
    expect(text).toContain('\x12\x07Pinhole\x1a\x051.2.3');
  });

  test('may give an input, a constant, or one value under two names', async () => {
    const builder = new GraphBuilder();
    const x = builder.input('x', { dtype: 'float32', shape: [2] });
    const doubled = f.multiply(x, 2);
    const graph = builder.build('names', { same: x, first: doubled, second: doubled, three: builder.constant(3) });
    const session = await InferenceSession.create(toOnnx(graph));
    const results = await session.run({ x: new Tensor('float32', Float32Array.of(1, 2), [2]) });
    expect(
      Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, [...(data as Float32Array)]])),
    ).toEqual({
      same: [1, 2],
      first: [2, 4],
      second: [2, 4],
      three: [3],
    });
    await session.release();
  });
});
