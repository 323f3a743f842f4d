// Fields of a form from the schemas: kinds, ranges, defaults; text to values and back.
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { flatten, nest } from '../../src-main/contract/flat-settings.ts';
import { formSchema } from '../../src-renderer/screens/train/settings.ts';
import { readField, settingFields, writeField } from '../../src-renderer/settings-table.ts';

const fields = new Map(settingFields(formSchema).map((field) => [field.name, field]));

test('objects are taken apart, and kinds share the fields of one name', () => {
  expect(fields.get('codeSize')?.control).toEqual({
    kind: 'number',
    whole: true,
    low: 1,
    high: 65536,
    above: null,
    below: null,
  });
  expect(fields.get('optimizer.type')?.control).toEqual({ kind: 'choice', options: ['sgd', 'adam', 'adamw'] });
  expect(fields.get('optimizer.beta1')).toMatchObject({
    standard: 0.9,
    kinds: ['adam', 'adamw'],
    control: { below: 1 },
  });
  expect(fields.get('optimizer.clipNorm')?.kinds).toEqual(['sgd', 'adam', 'adamw']);
  expect(fields.get('augment.flip')?.control).toEqual({ kind: 'switch' });
  expect(fields.get('learningRate')?.control).toMatchObject({ above: 0, low: null });
  expect(fields.get('seed')?.standard).toBe(1);
});

test.each([
  ['codeSize', '64', 64],
  ['codeSize', ' 64 ', 64],
  ['codeSize', '0', null],
  ['codeSize', '1.5', null],
  ['codeSize', '65537', null],
  ['codeSize', 'many', null],
  ['codeSize', '0x10', null],
  ['learningRate', '2e-3', 0.002],
  ['learningRate', '0', null],
  ['learningRate', 'Infinity', null],
  ['optimizer.beta1', '1', null],
  ['optimizer.beta1', '.95', 0.95],
  ['hidden', '512, 256', [512, 256]],
  ['hidden', '512，256', [512, 256]],
  ['hidden', '512, none', null],
  ['loss', 'mae', 'mae'],
  ['loss', 'least', null],
  ['pcaStart', 'no', false],
  ['pcaStart', 'false', null],
])('%s from “%s”', (name, text, value) => {
  const reading = readField(fields.get(name)!.control, text);
  expect('value' in reading ? reading.value : null).toEqual(value);
});

test('values come back as they were written', () => {
  for (const [name, value] of [
    ['codeSize', 64],
    ['hidden', [512, 256]],
    ['pcaStart', true],
    ['loss', 'bce'],
  ] as const) {
    expect(readField(fields.get(name)!.control, writeField(value))).toEqual({ value });
  }
});

test('flat and nested are two ways to write one request', () => {
  const request = {
    epochs: 3,
    optimizer: { type: 'adamw', clipNorm: 1 },
    augment: { crop: 0.8, flip: true },
    hidden: [4],
  };
  expect(nest(flatten(request))).toEqual(request);
  expect(flatten({ augment: null, seconds: undefined, epochs: 0 })).toEqual({ epochs: 0 });
});

test('a schema that no control can show is a fault, not a missing field', () => {
  expect(() => settingFields(v.strictObject({ when: v.date() }))).toThrow('no control for a setting of type date');
});
