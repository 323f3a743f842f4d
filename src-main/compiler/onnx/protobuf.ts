// Writes protocol-buffer messages (wire format only, no schemas): for ONNX models and TensorBoard event files.

/** Fields are written in the order of the calls; every method returns the message. */
export class Message {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  /** A non-negative or negative integer up to 2⁵³ in size; negative ones are written as int64. */
  varint(field: number, value: number): this {
    return this.#tag(field, 0).#append(encodeVarint(value));
  }

  double(field: number, value: number): this {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat64(0, value, true);
    return this.#tag(field, 1).#append(bytes);
  }

  /** Unsigned 64-bit, little-endian. */
  fixed64(field: number, value: bigint): this {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, value, true);
    return this.#tag(field, 1).#append(bytes);
  }

  float(field: number, value: number): this {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    return this.#tag(field, 5).#append(bytes);
  }

  /** Unsigned 32-bit, little-endian. */
  fixed32(field: number, value: number): this {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, value, true);
    return this.#tag(field, 5).#append(bytes);
  }

  /** Not copied: the bytes must not change before `finish`. */
  bytes(field: number, value: Uint8Array): this {
    return this.#tag(field, 2).#append(encodeVarint(value.length)).#append(value);
  }

  string(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  message(field: number, value: Message): this {
    this.#tag(field, 2).#append(encodeVarint(value.#length));
    for (const part of value.#parts) this.#append(part);
    return this;
  }

  /** A packed repeated integer field. */
  varints(field: number, values: readonly number[]): this {
    return this.bytes(field, Uint8Array.from(values.flatMap((value) => [...encodeVarint(value)])));
  }

  finish(): Uint8Array {
    const result = new Uint8Array(this.#length);
    let offset = 0;
    for (const part of this.#parts) {
      result.set(part, offset);
      offset += part.length;
    }
    return result;
  }

  #tag(field: number, wireType: number): this {
    return this.#append(encodeVarint(field * 8 + wireType));
  }

  #append(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    this.#length += bytes.length;
    return this;
  }
}

function encodeVarint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}
