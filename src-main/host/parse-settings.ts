// Settings from outside, checked before anything is done with them.
import * as v from 'valibot';
import { PinholeError } from '../contract/errors.ts';

/** Settings checked against their schema; the error names the field, what was expected and what came. */
export function parse<S extends v.GenericSchema>(schema: S, value: unknown): v.InferOutput<S> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const issue = result.issues[0];
  const field = issue.path?.map((part) => String(part.key)).join('.') ?? 'settings';
  throw new PinholeError(
    'usage',
    `Expected ${issue.expected ?? 'a valid value'} for ${field}, received ${issue.received}.`,
    'See --help for the range of every setting.',
  );
}
