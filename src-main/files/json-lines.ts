// Files of one JSON value a line, which grow at the end: a line that a crash cut off is the last one and is left out.
import { appendFile, readFile } from 'node:fs/promises';
import { writeAtomic } from './atomic.ts';

/** Empty where there is no such file. */
export async function readJsonLines<T>(path: string): Promise<T[]> {
  const text = (await ifThere(readFile(path, 'utf8'))) ?? '';
  const whole = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  return whole.filter((line) => line !== '').map((line) => JSON.parse(line) as T);
}

export async function appendJsonLine(path: string, line: object): Promise<void> {
  await appendFile(path, toText(line));
}

/** Replaces the file as a whole. */
export async function writeJsonLines(path: string, lines: readonly object[]): Promise<void> {
  await writeAtomic(path, lines.map(toText).join(''));
}

/** Null for a file that does not exist; every other error is thrown. */
export async function ifThere<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    const { code, cause } = error as { code?: string; cause?: { code?: string } };
    if (code === 'ENOENT' || cause?.code === 'ENOENT') return null;
    throw error;
  }
}

const toText = (line: object) => `${JSON.stringify(line)}\n`;
