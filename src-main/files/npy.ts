// NumPy's .npy format, versions 1 to 3: read (whole or by rows), write (whole or streamed). No pickled or structured arrays.
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
// Data is little-endian in the file and in memory: every platform that Pinhole runs on is.
import { PinholeError } from '../contract/errors.ts';
import { createAtomicWriter, writeAtomic } from './atomic.ts';
import { damaged, type OpenFile, openFile } from './read.ts';

const arrays = {
  '<f4': Float32Array,
  '<f8': Float64Array,
  '|u1': Uint8Array,
  '<u2': Uint16Array,
  '<i4': Int32Array,
  '<i8': BigInt64Array,
  /** 0 and 1, one byte each. */
  '|b1': Uint8Array,
} as const;

export type NpyDType = keyof typeof arrays;
export type NpyData = Float32Array | Float64Array | Uint8Array | Uint16Array | Int32Array | BigInt64Array;

export interface NpyHeader {
  readonly dtype: NpyDType;
  readonly shape: readonly number[];
  readonly fortranOrder: boolean;
  /** Where the data begins in the file. */
  readonly dataOffset: number;
  /** Size of the data. */
  readonly byteLength: number;
}

/** `data` is in C order whatever the file's order was. */
export interface NpyArray {
  readonly dtype: NpyDType;
  readonly shape: readonly number[];
  readonly data: NpyData;
}

/** An array on disk, read by rows (along the first axis). A shape without axes counts as one row of one value. */
export interface NpyFile extends NpyHeader {
  readonly path: string;
  readonly rows: number;
  /** Values in a row. */
  readonly rowLength: number;
  /** Values of rows `rowStart` … `rowStart + rowCount − 1` in C order. */
  read(rowStart: number, rowCount: number): Promise<NpyData>;
  close(): Promise<void>;
}

export interface NpyWriter {
  readonly path: string;
  /** Whole rows written so far. */
  readonly rows: number;
  /** Appends one or more whole rows. */
  write(data: NpyData): Promise<void>;
  commit(): Promise<void>;
  abort(): Promise<void>;
}

const magic = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59);
// NumPy pads so that data starts at a multiple of 64: arrays can then be memory-mapped.
const alignment = 64;
// A header of a plain array takes 128 bytes; only structured types, refused anyway, need thousands.
const longestHeader = 65_536;
const longestPrefix = 12;

/**
 * Magic, version, dictionary and padding: everything before the data. With `fixedLength` (bytes, from an earlier
 * header with larger counts) it is padded to that length, so that it can be rewritten in place as an array grows.
 */
export function npyHeader(dtype: NpyDType, shape: readonly number[], fixedLength = 0): Uint8Array {
  const axes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const dictionary = `{'descr': '${dtype}', 'fortran_order': False, 'shape': (${axes}), }`;
  const needed = Math.ceil((magic.length + 4 + dictionary.length + 1) / alignment) * alignment;
  if (fixedLength > 0 && needed > fixedLength) {
    throw new PinholeError('internal', `internal: expected a header of ${fixedLength} bytes, received ${needed}`);
  }
  const total = Math.max(needed, fixedLength);
  const bytes = new Uint8Array(total).fill(0x20);
  bytes.set(magic);
  bytes.set([1, 0, (total - 10) & 0xff, (total - 10) >> 8], magic.length);
  bytes.set(Buffer.from(dictionary, 'latin1'), 10);
  bytes[total - 1] = 0x0a;
  return bytes;
}

/** `bytes` are the beginning of a file, long enough to hold the header; `name` is for messages. */
export function readNpyHeader(bytes: Uint8Array, name = 'a .npy array'): NpyHeader {
  const { start, end, encoding } = headerRange(bytes, name);
  if (bytes.byteLength < end) throw damaged(name, `a header of ${end} bytes`, `${bytes.byteLength} bytes`);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString(encoding);
  return { ...parseDictionary(text, name), dataOffset: end };
}

/** A whole array out of memory, e.g. a member of an .npz archive. The result shares no memory with `bytes`. */
export function parseNpy(bytes: Uint8Array, name = 'a .npy array'): NpyArray {
  const header = readNpyHeader(bytes, name);
  checkSize(header, bytes.byteLength, name);
  const data = allocate(header.dtype, count(header.shape));
  asBytes(data).set(bytes.subarray(header.dataOffset, header.dataOffset + header.byteLength));
  const { dtype, shape } = header;
  return { dtype, shape, data: header.fortranOrder ? fromFortran(data, header, rowsOf(shape)) : data };
}

export async function readNpy(path: string): Promise<NpyArray> {
  const file = await openNpy(path);
  try {
    return { dtype: file.dtype, shape: file.shape, data: await file.read(0, file.rows) };
  } finally {
    await file.close();
  }
}

/** The size that the header promises is checked against the file before anything is allocated for it. */
export async function openNpy(path: string): Promise<NpyFile> {
  const file = await openFile(path);
  try {
    const header = await readHeaderOf(file);
    checkSize(header, file.size, path);
    const rows = rowsOf(header.shape);
    return {
      ...header,
      path,
      rows,
      rowLength: rowLengthOf(header.shape),
      read(rowStart, rowCount) {
        if (rowStart < 0 || rowCount < 0 || rowStart + rowCount > rows) {
          const range = `rows ${rowStart} to ${rowStart + rowCount}`;
          throw new PinholeError(
            'internal',
            `internal: expected rows within 0 to ${rows} of ${path}, received ${range}`,
          );
        }
        return header.fortranOrder
          ? readFortranRows(file, header, rowStart, rowCount)
          : readRows(file, header, rowStart, rowCount);
      },
      close: file.close,
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** A Float32Array becomes `<f4`, a Uint8Array `|u1`, and so on. */
export async function writeNpy(path: string, data: NpyData, shape: readonly number[]): Promise<void> {
  if (count(shape) !== data.length) {
    throw new PinholeError(
      'internal',
      `internal: expected ${count(shape)} values for ${path}, received ${data.length}`,
    );
  }
  await writeAtomic(path, [npyHeader(dtypeOf(data), shape), asBytes(data)]);
}

/** Rows of `rowShape` are appended; their number is put into the header at `commit`. */
export async function createNpyWriter(path: string, dtype: NpyDType, rowShape: readonly number[]): Promise<NpyWriter> {
  const headerLength = npyHeader(dtype, [Number.MAX_SAFE_INTEGER, ...rowShape]).length;
  const rowLength = count(rowShape);
  const writer = await createAtomicWriter(path);
  let rows = 0;
  await writer.write(npyHeader(dtype, [0, ...rowShape], headerLength));
  return {
    path,
    get rows() {
      return rows;
    },
    async write(data) {
      if (!(data instanceof arrays[dtype]) || (rowLength > 0 && data.length % rowLength !== 0)) {
        const received = `${data.length} values in a ${data.constructor.name}`;
        throw new PinholeError(
          'internal',
          `internal: expected rows of ${rowLength} ${dtype} values, received ${received}`,
        );
      }
      await writer.write(asBytes(data));
      rows += rowLength > 0 ? data.length / rowLength : 0;
    },
    async commit() {
      await writer.patch(npyHeader(dtype, [rows, ...rowShape], headerLength), 0);
      await writer.commit();
    },
    abort: writer.abort,
  };
}

async function readHeaderOf(file: OpenFile): Promise<NpyHeader> {
  const prefix = new Uint8Array(Math.min(longestPrefix, file.size));
  await file.read(prefix, 0);
  const { end } = headerRange(prefix, file.path);
  if (file.size < end) throw damaged(file.path, `a header of ${end} bytes`, `${file.size} bytes`);
  const bytes = new Uint8Array(end);
  await file.read(bytes, 0);
  return readNpyHeader(bytes, file.path);
}

function headerRange(bytes: Uint8Array, name: string): { start: number; end: number; encoding: 'latin1' | 'utf8' } {
  if (magic.some((byte, index) => bytes[index] !== byte)) {
    throw damaged(name, 'a NumPy array (\\x93NUMPY)', 'a file that begins otherwise');
  }
  const [major, minor] = [bytes[6] ?? 0, bytes[7] ?? 0];
  if (major < 1 || major > 3) throw damaged(name, 'NumPy format version 1, 2 or 3', `${major}.${minor}`);
  const start = major === 1 ? 10 : 12;
  if (bytes.byteLength < start) throw damaged(name, `at least ${start} bytes`, `${bytes.byteLength}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > longestHeader) throw damaged(name, `a header of at most ${longestHeader} bytes`, `${length}`);
  return { start, end: start + length, encoding: major === 3 ? 'utf8' : 'latin1' };
}

type Dictionary = Pick<NpyHeader, 'dtype' | 'shape' | 'fortranOrder' | 'byteLength'>;

/** The header is a Python dictionary literal with exactly the keys descr, fortran_order and shape, in any order. */
function parseDictionary(text: string, name: string): Dictionary {
  const body = /^\s*\{(.*)\}\s*$/s.exec(text)?.[1];
  if (body === undefined) throw damaged(name, 'a dictionary as header', JSON.stringify(text.slice(0, 80)));
  const entry = /\s*(['"])(\w+)\1\s*:\s*('[^']*'|"[^"]*"|True|False|\([\d\s,L]*\))\s*(?:,|$)/y;
  const values = new Map<string, string>();
  while (body.slice(entry.lastIndex).trim() !== '') {
    const from = entry.lastIndex;
    const match = entry.exec(body);
    if (match === null) throw unreadableEntry(body.slice(from), name);
    values.set(match[2]!, match[3]!);
  }
  const dtype = parseDType(values.get('descr') ?? '', name);
  const shape = parseShape(values.get('shape') ?? '', name);
  const order = values.get('fortran_order');
  if (order !== 'True' && order !== 'False') throw damaged(name, 'True or False as fortran_order', order ?? 'nothing');
  const byteLength = count(shape) * arrays[dtype].BYTES_PER_ELEMENT;
  if (!Number.isSafeInteger(byteLength)) throw damaged(name, 'a shape that fits a file', `(${shape.join(', ')})`);
  return { dtype, shape, fortranOrder: order === 'True', byteLength };
}

function unreadableEntry(rest: string, name: string): PinholeError {
  if (!/^\s*['"]descr['"]\s*:\s*[[(]/.test(rest)) {
    return damaged(name, 'a header entry of text, True, False or a shape', JSON.stringify(rest.slice(0, 80)));
  }
  return unsupported(name, 'a structured type');
}

function parseDType(literal: string, name: string): NpyDType {
  const descriptor = literal.slice(1, -1);
  if (literal === '') throw damaged(name, 'a descr entry in the header', 'none');
  if (Object.hasOwn(arrays, descriptor)) return descriptor as NpyDType;
  throw unsupported(name, `"${descriptor}"`);
}

function unsupported(name: string, received: string): PinholeError {
  const message = `Expected values of type ${Object.keys(arrays).join(', ')} for ${name}, received ${received}`;
  const advice = 'Save the array again in NumPy with astype("float32") or astype("uint8").';
  return new PinholeError('format-unsupported', message, advice);
}

function parseShape(literal: string, name: string): number[] {
  // Python 2 wrote long integers with an L behind them.
  const axes = /^\(\s*((?:\d+L?\s*,\s*)*(?:\d+L?)?)\s*\)$/.exec(literal)?.[1];
  if (axes === undefined) throw damaged(name, 'a shape such as (60000, 28, 28)', literal || 'none');
  const shape = [...axes.matchAll(/\d+/g)].map(([digits]) => Number(digits));
  if (!shape.every(Number.isSafeInteger)) throw damaged(name, 'a shape that fits a file', literal);
  if (shape.length > 32) throw damaged(name, 'a shape of at most 32 axes', `${shape.length}`);
  return shape;
}

function checkSize(header: NpyHeader, size: number, name: string): void {
  const needed = header.dataOffset + header.byteLength;
  if (size < needed) throw damaged(name, `${needed} bytes for shape (${header.shape.join(', ')})`, `${size}`);
}

async function readRows(file: OpenFile, header: NpyHeader, rowStart: number, rowCount: number): Promise<NpyData> {
  const rowLength = rowLengthOf(header.shape);
  const data = allocate(header.dtype, rowCount * rowLength);
  await file.read(asBytes(data), header.dataOffset + rowStart * rowLength * data.BYTES_PER_ELEMENT);
  return data;
}

/** In Fortran order the first axis varies fastest: each place in a row has its values of all rows side by side. */
async function readFortranRows(
  file: OpenFile,
  header: NpyHeader,
  rowStart: number,
  rowCount: number,
): Promise<NpyData> {
  const rows = rowsOf(header.shape);
  const rowLength = rowLengthOf(header.shape);
  const stored = allocate(header.dtype, rowCount * rowLength);
  const bytes = asBytes(stored);
  if (rowCount === rows) {
    await file.read(bytes, header.dataOffset);
  } else {
    const size = stored.BYTES_PER_ELEMENT;
    for (let place = 0; place < rowLength; place++) {
      const part = bytes.subarray(place * rowCount * size, (place + 1) * rowCount * size);
      await file.read(part, header.dataOffset + (place * rows + rowStart) * size);
    }
  }
  return fromFortran(stored, header, rowCount);
}

/** Brings `rowCount` rows, stored place by place, into C order. */
function fromFortran(stored: NpyData, header: NpyHeader, rowCount: number): NpyData {
  if (stored.length === 0) return stored;
  const places = fortranPlaces(header.shape.slice(1));
  const data = allocate(header.dtype, stored.length);
  for (let place = 0; place < places.length; place++) {
    const target = places[place]!;
    for (let row = 0; row < rowCount; row++) data[row * places.length + target] = stored[place * rowCount + row]!;
  }
  return data;
}

/** For each value of a row in Fortran order, its index in C order. */
function fortranPlaces(axes: readonly number[]): Uint32Array {
  const places = new Uint32Array(count(axes));
  for (let place = 0; place < places.length; place++) {
    let rest = place;
    let stride = places.length;
    for (const axis of axes) {
      stride /= axis;
      places[place]! += (rest % axis) * stride;
      rest = Math.floor(rest / axis);
    }
  }
  return places;
}

function dtypeOf(data: NpyData): NpyDType {
  for (const dtype of Object.keys(arrays) as NpyDType[]) if (data instanceof arrays[dtype]) return dtype;
  throw new PinholeError('internal', `internal: expected a typed array, received ${typeof data}`);
}

const count = (shape: readonly number[]): number => shape.reduce((product, axis) => product * axis, 1);
const rowsOf = (shape: readonly number[]): number => shape[0] ?? 1;
const rowLengthOf = (shape: readonly number[]): number => count(shape.slice(1));
const allocate = (dtype: NpyDType, length: number): NpyData => new arrays[dtype](length);
const asBytes = (data: NpyData): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
