// Reads a model that a person wrote (`--spec FILE`): what is wrong is said by line or by field.
import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { PinholeError } from '../../contract/errors.ts';
import { type ModelSpec, modelSpecSchema } from '../../contract/spec.ts';

/** Throws `source-missing` where the file cannot be read, `spec-invalid` where it is no JSON or no model. */
export function readSpecFile(path: string): ModelSpec {
  const result = v.safeParse(modelSpecSchema, parseJson(path, readText(path)));
  if (result.success) return result.output;
  throw new PinholeError('spec-invalid', describeIssue(path, result.issues[0]), specAdvice);
}

const specAdvice = '"pinhole presets NAME" prints a preset as such a file.';

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new PinholeError('source-missing', `${path} cannot be read.`, 'Check the path and its permissions.', {
      cause,
    });
  }
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new PinholeError('spec-invalid', `${path} is no JSON: ${withLine(cause as Error, text)}.`, specAdvice, {
      cause,
    });
  }
}

/** The engine says a position, or only that the text ended. */
function withLine({ message }: Error, text: string): string {
  const position = Number(/at position (\d+)/.exec(message)?.[1] ?? text.length);
  const lines = text.slice(0, position).split('\n');
  const said = message.replace(/ \(line.*\)$| in JSON.*$/, '');
  return `line ${lines.length}, column ${lines.at(-1)!.length + 1}: ${said}`;
}

/** E.g. `mine.json: expected "dense" | "conv" for encoder[0].type, received "dens".` */
function describeIssue(path: string, issue: v.BaseIssue<unknown>): string {
  const field = (issue.path ?? []).reduce(
    (text, { key }) => (typeof key === 'number' ? `${text}[${key}]` : text ? `${text}.${key}` : String(key)),
    '',
  );
  const place = field === '' ? 'the file' : field;
  if (issue.expected === 'never') return `${path}: ${field} is not known there.`;
  if (issue.received === 'undefined') return `${path}: ${place} is missing.`;
  return `${path}: expected ${issue.expected ?? 'another value'} for ${place}, received ${issue.received}.`;
}
