// Frames: every kind of value there and back, and what is refused, byte for byte.
import { describe, expect, test } from 'vitest';
import { PinholeError } from '../../src-main/contract/errors.ts';
import { decodeFrame, encodeFrame, longestFrame } from '../../src-main/contract/wire.ts';

const there = (message: unknown) => decodeFrame(encodeFrame(message));

/** A frame with this text as its header and these bytes after it. */
function frame(header: string, ...rest: number[]): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(4 + text.length + rest.length);
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, 4);
  bytes.set(rest, 4 + text.length);
  return bytes;
}

describe('there and back', () => {
  test.each([
    [null],
    [true],
    [0],
    [-1.5],
    [2 ** 53 - 1],
    [''],
    ['Größe 图像 \u0000 "$"'],
    [[]],
    [{}],
    [{ a: [1, { b: null }], c: 'd' }],
    [{ $: 1 }],
    [{ $: { $: 'NaN' }, other: [{ $: null }] }],
    [Number.NaN],
    [{ psnr: Number.POSITIVE_INFINITY, low: Number.NEGATIVE_INFINITY }],
  ])('%j', (value) => {
    expect(there(value)).toEqual(value);
  });

  test.each([
    Uint8Array.of(0, 1, 255),
    Int32Array.of(-1, 2 ** 31 - 1),
    Uint32Array.of(0, 2 ** 32 - 1),
    Float32Array.of(0.1, Number.NaN, Number.NEGATIVE_INFINITY),
    Float64Array.of(Math.PI, -0),
    new Uint8Array(),
  ])('%o', (array) => {
    const back = there({ array, again: [array] }) as { array: typeof array; again: [typeof array] };
    for (const copy of [back.array, back.again[0]]) {
      expect(copy.constructor).toBe(array.constructor);
      expect(copy).toEqual(array);
    }
  });

  test('a piece of a larger array is sent alone, and a Buffer arrives as bytes', () => {
    expect(there(Float32Array.of(1, 2, 3, 4).subarray(1, 3))).toEqual(Float32Array.of(2, 3));
    expect(there(Buffer.from([7, 8]))).toEqual(Uint8Array.of(7, 8));
  });

  test('what is undefined is left out, and what has a toJSON goes as that', () => {
    expect(there({ a: undefined, b: 1 })).toEqual({ b: 1 });
    expect(there(new PinholeError('usage', 'No.', 'Yes.'))).toEqual({ code: 'usage', message: 'No.', advice: 'Yes.' });
  });

  test('a frame that does not lie aligned in memory is read all the same', () => {
    const message = { bytes: Uint8Array.of(1), numbers: Float64Array.of(1.5, 2.5), ids: Int32Array.of(3) };
    const bytes = encodeFrame(message);
    for (let offset = 0; offset < 9; offset++) {
      const memory = new Uint8Array(bytes.length + offset);
      memory.set(bytes, offset);
      expect(decodeFrame(memory.subarray(offset))).toEqual(message);
    }
  });

  test('arrays of a frame that lies aligned are not copied', () => {
    const bytes = encodeFrame({ codes: new Float32Array(1000) });
    const { codes } = decodeFrame(bytes) as { codes: Float32Array };
    expect(codes.buffer).toBe(bytes.buffer);
  });
});

test.each([[() => {}], [Symbol('s')], [1n], [new Map()], [new Uint16Array(2)], [new DataView(new ArrayBuffer(2))]])(
  '%o cannot be sent',
  (value) => {
    expect(() => encodeFrame({ value })).toThrow('expected plain data to send');
  },
);

test('a frame that is too long is refused before memory is taken for it', () => {
  // A view that claims its length: the memory itself is never there.
  const huge = new Proxy(new Uint8Array(8), {
    get: (target, key) => (key === 'byteLength' ? longestFrame : Reflect.get(target, key, target)),
    getPrototypeOf: () => Uint8Array.prototype,
  });
  const isView = ArrayBuffer.isView;
  ArrayBuffer.isView = ((value: unknown) => value === huge || isView(value)) as typeof isView;
  try {
    expect(() => encodeFrame({ huge })).toThrow('Expected at most 512 MB in one message, received 513 MB.');
  } finally {
    ArrayBuffer.isView = isView;
  }
});

describe('refused', () => {
  const deep = `${'['.repeat(40)}1${']'.repeat(40)}`;
  test.each([
    ['an empty frame', new Uint8Array(), 'it has 0 bytes'],
    ['three bytes', Uint8Array.of(1, 2, 3), 'it has 3 bytes'],
    ['a header that is not there', Uint8Array.of(255, 255, 255, 255, 0), 'its header is cut off'],
    ['a header that is no JSON', frame('['), 'Unexpected end of JSON input'],
    ['a header that is no text', frame('\u0000').fill(255, 4), 'encoded data was not valid'],
    ['a header of another shape', frame('{}'), 'its header is not a pair'],
    ['no arrays described', frame('[1,2]'), 'its arrays are not described'],
    ['an unknown kind of array', frame('[1,[["u16",1]]]', 0, 0), 'its arrays are not described'],
    ["a kind that is an object's own", frame('[1,[["constructor",1]]]'), 'its arrays are not described'],
    ['a negative length', frame('[1,[["u8",-1]]]'), 'its arrays are not described'],
    ['half an element', frame('[1,[["u8",0.5]]]'), 'its arrays are not described'],
    ['more elements than bytes', frame('[1,[["f64",1e15]]]', 0), 'its arrays are cut off'],
    ['bytes that belong to nothing', frame('[1,[]]', 0), 'it is longer than it says'],
    ['an array that is not there', frame('[{"$":0},[]]'), 'it has a mark that means nothing'],
    ['an array between two', frame('[{"$":0.5},[["u8",0]]]      '), 'it has a mark that means nothing'],
    ["an array's method", frame('[{"$":"map"},[]]'), 'it has a mark that means nothing'],
    ['a mark without meaning', frame('[{"$":null},[]]'), 'it has a mark that means nothing'],
    ['a field that changes what others are', frame('[{"__proto__":{"a":1}},[]]'), 'it has a field __proto__'],
    ['nesting without end', frame(`[${deep},[]]`), 'it is nested too deeply'],
  ])('%s', (_, bytes, reason) => {
    expect(() => decodeFrame(bytes)).toThrow(expect.objectContaining({ code: 'refused' }));
    expect(() => decodeFrame(bytes)).toThrow(reason);
  });

  test('a frame that is cut off anywhere', () => {
    const bytes = encodeFrame({ type: 'result', id: 1, value: { ids: Int32Array.of(1, 2), xy: Float32Array.of(3) } });
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeFrame(bytes.subarray(0, length)), String(length)).toThrow(PinholeError);
    }
  });
});
