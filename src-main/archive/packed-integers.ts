// Rows of whole numbers as few bytes: a frequency table for each column, blocks of rows that can be read one by one.
import { crc32 } from 'node:zlib';
import { ByteReader, ByteWriter, damagedArchive } from './bytes.ts';
import {
  countValues,
  decodeValue,
  encodeValue,
  type FrequencyTable,
  indexValues,
  makeTable,
  readTable,
  writeTable,
} from './frequencies.ts';
import { RangeDecoder, RangeEncoder } from './range-coder.ts';

/** Whole numbers of 32 bits with a sign, `columns` of them a row. */
export interface Rows {
  readonly columns: number;
  readonly values: Int32Array;
}

export interface PackOptions {
  /** Column c is coded with table c mod `tables`; left out: one for each column. */
  readonly tables?: number;
}

/** What was read decodes to the numbers that were written, or is refused. */
export interface PackedIntegers {
  readonly rows: number;
  readonly columns: number;
  /** Rows of every block but the last, which may have fewer. */
  readonly blockRows: number;
  readonly blocks: number;
  /** Throws `file-damaged` where the block is not what was written. */
  unpackBlock(block: number): Int32Array;
}

export interface UnpackLimits {
  /** Refused before memory is taken for them. */
  readonly rows: number;
  readonly columns: number;
}

const magic = 0x31494850;
/** About what a block's ends cost, in values: a tenth of a bit a value, and a damaged byte takes so much with it. */
const valuesPerBlock = 32_768;
/** A row of 1024×1024 pixels in colour fits; a stranger's archive cannot ask for more memory at once. */
const largestBlock = 2 ** 22;

/** As the page on the format has it: header, its checksum, one block after the other. */
export function packIntegers({ columns, values }: Rows, options: PackOptions = {}): Uint8Array {
  const tableCount = options.tables ?? columns;
  const rows = values.length / columns;
  const blockRows = Math.max(1, Math.min(rows, Math.round(valuesPerBlock / columns)));
  const tables = Array.from({ length: rows === 0 ? 0 : tableCount }, (_, table) =>
    makeTable(countColumns(values, columns, table, tableCount)),
  );
  const blocks = Array.from({ length: rows === 0 ? 0 : Math.ceil(rows / blockRows) }, (_, block) =>
    values.subarray(block * blockRows * columns, (block + 1) * blockRows * columns),
  );
  const packed = blocks.map((block) => packBlock(block, columns, tables));

  const header = new ByteWriter().word(magic).number(rows).number(columns).number(tableCount).number(blockRows);
  for (const table of tables) writeTable(header, table);
  for (const [index, bytes] of packed.entries()) header.number(bytes.length).word(checksum(blocks[index]!));
  header.word(crc32(header.finish()));
  return Buffer.concat([header.finish(), ...packed]);
}

/** Throws `file-damaged` where the header is not whole or says more than the limits allow. */
export function openPacked(bytes: Uint8Array, what: string, limits: UnpackLimits): PackedIntegers {
  const reader = new ByteReader(bytes, what);
  if (reader.word() !== magic) throw damagedArchive('packed numbers', 'something else', what);
  const [rows, columns, tableCount, blockRows] = [reader.number(), reader.number(), reader.number(), reader.number()];
  if (rows > limits.rows || columns > limits.columns || columns < 1) {
    throw damagedArchive(`at most ${limits.rows} rows of ${limits.columns}`, `${rows} of ${columns}`, what);
  }
  if (tableCount < 1 || tableCount > columns || blockRows < (rows > 0 ? 1 : 0) || blockRows * columns > largestBlock) {
    throw damagedArchive('tables and blocks that fit', `${tableCount} tables, blocks of ${blockRows} rows`, what);
  }
  const blockCount = rows === 0 ? 0 : Math.ceil(rows / blockRows);
  const tables = Array.from({ length: rows === 0 ? 0 : tableCount }, () => readTable(reader, what));
  const blocks: { length: number; checksum: number; position: number }[] = [];
  for (let position = 0; blocks.length < blockCount; position += blocks.at(-1)!.length) {
    blocks.push({ length: reader.number(), checksum: reader.word(), position });
  }
  const headerLength = reader.position;
  if (reader.word() !== crc32(bytes.subarray(0, headerLength))) {
    throw damagedArchive('a header with its checksum', 'another one', what);
  }
  const start = reader.position;

  return {
    rows,
    columns,
    blockRows,
    blocks: blockCount,
    unpackBlock(index) {
      const block = blocks[index]!;
      const first = start + block.position;
      const count = Math.min(blockRows, rows - index * blockRows) * columns;
      const values = unpackBlock(bytes.subarray(first, first + block.length), count, columns, tables);
      if (checksum(values) === block.checksum) return values;
      throw damagedArchive('numbers with their checksum', 'others', `block ${index + 1} of ${blockCount} of ${what}`);
    },
  };
}

/** All of them at once. */
export function unpackIntegers(packed: PackedIntegers): Int32Array {
  const values = new Int32Array(packed.rows * packed.columns);
  for (let block = 0; block < packed.blocks; block++) {
    values.set(packed.unpackBlock(block), block * packed.blockRows * packed.columns);
  }
  return values;
}

/** CRC-32 of the numbers as 32-bit little-endian integers. */
export function checksum(values: Int32Array): number {
  return crc32(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
}

function countColumns(values: Int32Array, columns: number, table: number, tableCount: number): Map<number, number> {
  if (tableCount === 1) return countValues(values);
  const counts = countValues(values, table, columns);
  for (let column = table + tableCount; column < columns; column += tableCount) {
    for (const [value, count] of countValues(values, column, columns))
      counts.set(value, (counts.get(value) ?? 0) + count);
  }
  return counts;
}

function packBlock(values: Int32Array, columns: number, tables: readonly FrequencyTable[]): Uint8Array {
  const encoder = new RangeEncoder();
  const indices = tables.map(indexValues);
  for (const [place, value] of values.entries()) {
    const table = (place % columns) % tables.length;
    encodeValue(encoder, tables[table]!, indices[table]!, value);
  }
  return encoder.finish();
}

function unpackBlock(bytes: Uint8Array, count: number, columns: number, tables: readonly FrequencyTable[]) {
  const decoder = new RangeDecoder(bytes);
  const values = new Int32Array(count);
  for (let place = 0; place < count; place++)
    values[place] = decodeValue(decoder, tables[(place % columns) % tables.length]!);
  return values;
}
