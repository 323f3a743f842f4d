// Models that a person wrote: what is wrong is said by file, and by line or field.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readSpecFile } from '../../../src-main/host/command-line/spec-file.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const path = join(temporaryFolder(), 'mine.json');
const model = {
  name: 'mine',
  codeSize: 2,
  encoder: [{ type: 'dense', units: 2 }],
  decoder: [{ type: 'dense', units: 784 }],
};

test('what is left out has its usual value', () => {
  writeFileSync(path, JSON.stringify(model));
  expect(readSpecFile(path)).toMatchObject({
    code: { type: 'plain' },
    pcaStart: false,
    output: 'linear',
    encoder: [{ type: 'dense', units: 2, activation: 'linear' }],
  });
});

test.each<[string, string]>([
  [
    '{\n  "name": "mine",\n  "codeSize": 2,,\n}',
    'mine.json is no JSON: line 3, column 17: Expected double-quoted property name.',
  ],
  ['{ "name": "mine"', "mine.json is no JSON: line 1, column 17: Expected ',' or '}' after property value."],
  ['3', 'mine.json: expected Object for the file, received 3.'],
  ['[]', 'mine.json: name is missing.'],
  [JSON.stringify({ ...model, codeSize: undefined }), 'mine.json: codeSize is missing.'],
  [JSON.stringify({ ...model, codeSize: '2' }), 'mine.json: expected number for codeSize, received "2".'],
  [JSON.stringify({ ...model, codeSize: 0 }), 'mine.json: expected >=1 for codeSize, received 0.'],
  [JSON.stringify({ ...model, colour: 1 }), 'mine.json: colour is not known there.'],
  [
    JSON.stringify({ ...model, encoder: [{ type: 'dense', units: 8, activation: 'rleu' }] }),
    'mine.json: expected ("linear" | "relu" | "leakyRelu" | "silu" | "gelu" | "sigmoid" | "tanh" | "softplus") for encoder[0].activation, received "rleu".',
  ],
  [
    JSON.stringify({
      ...model,
      decoder: [
        { type: 'dense', units: 8 },
        { type: 'dens', units: 8 },
      ],
    }),
    'mine.json: expected ("dense" | "conv" | "residual" | "upsample" | "groupNorm" | "layerNorm" | "activation" | "reshape") for decoder[1].type, received "dens".',
  ],
  [JSON.stringify({ ...model, code: { type: 'fsq' } }), 'mine.json: code.levels is missing.'],
])('%s', (text, message) => {
  writeFileSync(path, text);
  expect(() => readSpecFile(path)).toThrow(message.replace('mine.json', path));
});

test('a file that is not there is named', () => {
  expect(() => readSpecFile('nowhere.json')).toThrow('nowhere.json cannot be read.');
});
