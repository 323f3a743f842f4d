// Comma-separated text by RFC 4180, and text cells that no spreadsheet runs as a formula. Knows nothing of features.
import { createReadStream } from 'node:fs';
import { PinholeError } from '../contract/errors.ts';
import { damaged } from '../files/read.ts';

/**
 * The formula escape. A spreadsheet runs a cell that begins with = + - @ (plain or full-width), a tab or a line
 * break; it may also cut a cell at `;`, a tab or a line break, if it was told to or its language says so. So at the
 * beginning of a text and behind each of those, an apostrophe is put in front of such a character, in front of any
 * apostrophes that are there already. Undoing it takes one of these apostrophes away, and gives every text back
 * exactly, also one that looks escaped. (https://owasp.org/www-community/attacks/CSV_Injection)
 */
const dangerous = '[=+\\-@\\t\\r\\n\\uFF1D\\uFF0B\\uFF0D\\uFF20]';
const begin = '(?<=^|[;\\t\\r\\n])';
const escapable = new RegExp(`${begin}(?='*${dangerous})`, 'g');
const escaped = new RegExp(`${begin}'(?='*${dangerous})`, 'g');

export function escapeFormula(text: string): string {
  return text.replace(escapable, "'");
}

export function unescapeFormula(text: string): string {
  return text.replace(escaped, '');
}

/** A cell as it stands in the file: quoted where anything in it could be taken for structure, or be trimmed. */
export function quoteCell(text: string): string {
  return /[",;\t\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export interface CsvRecord {
  /** Line of the file on which the record begins, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

// A record holds some thousand numbers and a path; a longer one is a quote that nobody closed.
const longestRecord = 2 ** 26;

/** What stands between cells: a comma, or what spreadsheets write where the comma is the decimal sign, or a tab. */
export type Separator = ',' | ';' | '\t';

/** The one that the first line of a UTF-8 file has most of outside quotes; a comma where it has none. */
export async function findSeparator(path: string): Promise<Separator> {
  for await (const text of readText(path)) {
    const [line] = text.replace(/"[^"]*"/g, '').split('\n', 1);
    const count = (separator: Separator) => line!.split(separator).length;
    return ([',', ';', '\t'] as const).reduce((most, next) => (count(next) > count(most) ? next : most));
  }
  return ',';
}

/** The records of a UTF-8 file, one after the other; takes CRLF and LF, a byte order mark, and skips empty lines. */
export async function* readRecords(path: string, separator: Separator = ','): AsyncGenerator<CsvRecord> {
  let rest = '';
  let line = 1;
  for await (const text of readText(path)) {
    rest += text;
    let from = 0;
    const take = () => takeRecord(rest, from, separator);
    for (let record = take(); record !== null; record = take()) {
      yield* checked(record, line, path, separator);
      line += record.lines;
      from = record.next;
    }
    rest = rest.slice(from);
    if (rest.length > longestRecord) throw unclosedQuote(path, line);
  }
  if (rest === '') return;
  const last = takeRecord(`${rest}\n`, 0, separator);
  if (last === null) throw unclosedQuote(path, line);
  yield* checked(last, line, path, separator);
}

function* checked(record: Taken, line: number, path: string, separator: Separator): Generator<CsvRecord> {
  if (record.stray !== null) {
    const one = { ',': 'a comma', ';': 'a semicolon', '\t': 'a tab' }[separator];
    throw damaged(path, `${one} or the end of the line behind the closing quote in line ${line}`, record.stray);
  }
  if (record.cells.length === 1 && record.cells[0] === '') return;
  yield { line, cells: record.cells };
}

function unclosedQuote(path: string, line: number): PinholeError {
  return damaged(path, `a closing quote for the text that begins in line ${line}`, 'none');
}

async function* readText(path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const bytes of createReadStream(path, { highWaterMark: 2 ** 20 })) {
      yield decoder.decode(bytes, { stream: true });
    }
    yield decoder.decode();
  } catch (cause) {
    throw readError(path, cause);
  }
}

function readError(path: string, cause: unknown): PinholeError {
  const { code = String(cause) } = cause as NodeJS.ErrnoException;
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
    const advice = 'Save it again as "CSV UTF-8 (comma delimited)".';
    return new PinholeError('file-damaged', `Expected UTF-8 text for ${path}, received other bytes`, advice, { cause });
  }
  const message = `Expected a file that may be read for ${path}, received ${code}`;
  return new PinholeError('source-missing', message, 'Check the path and its permissions.', { cause });
}

interface Taken {
  cells: string[];
  /** Where the next record begins. */
  next: number;
  /** Lines that this one took. */
  lines: number;
  /** What stood behind a closing quote where only a separator or a line end may. */
  stray: string | null;
}

/** The record at `from`, or null if the text ends before it does. */
function takeRecord(text: string, from: number, separator: Separator): Taken | null {
  const newline = text.indexOf('\n', from);
  if (newline < 0) return null;
  const line = text.slice(from, text[newline - 1] === '\r' && newline > from ? newline - 1 : newline);
  if (line.includes('"')) return takeQuotedRecord(text, from, separator);
  return { cells: line.split(separator), next: newline + 1, lines: 1, stray: null };
}

function takeQuotedRecord(text: string, from: number, separator: Separator): Taken | null {
  const cells: string[] = [];
  let lines = 1;
  for (let at = from; ; at++) {
    const cell = text[at] === '"' ? takeQuotedCell(text, at + 1) : takePlainCell(text, at, separator);
    if (cell === null) return null;
    cells.push(cell.value);
    lines += cell.lines;
    at = cell.end;
    if (text[at] === '\r' && text[at + 1] === '\n') at++;
    if (text[at] === '\n') return { cells, next: at + 1, lines, stray: null };
    if (text[at] !== separator) return { cells, next: at, lines, stray: JSON.stringify(text.slice(at, at + 20)) };
  }
}

interface Cell {
  value: string;
  end: number;
  /** Line breaks in it. */
  lines: number;
}

function takePlainCell(text: string, from: number, separator: Separator): Cell | null {
  const newline = text.indexOf('\n', from);
  if (newline < 0) return null;
  const next = text.indexOf(separator, from);
  if (next >= 0 && next < newline) return { value: text.slice(from, next), end: next, lines: 0 };
  const end = text[newline - 1] === '\r' && newline > from ? newline - 1 : newline;
  return { value: text.slice(from, end), end, lines: 0 };
}

/** Null if the closing quote, or the two characters behind it that tell what it is, have not been read yet. */
function takeQuotedCell(text: string, from: number): Cell | null {
  let value = '';
  for (let at = from; ; ) {
    const quote = text.indexOf('"', at);
    if (quote < 0 || quote + 1 >= text.length || (text[quote + 1] === '\r' && quote + 2 >= text.length)) return null;
    value += text.slice(at, quote);
    if (text[quote + 1] !== '"') return { value, end: quote + 1, lines: value.split('\n').length - 1 };
    value += '"';
    at = quote + 2;
  }
}
