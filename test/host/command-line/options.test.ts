// Every setting of the contract has an option, and every option reaches its setting.
import { Command } from 'commander';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { importSettingsSchema, trainingSettingsSchema } from '../../../src-main/contract/settings.ts';
import {
  importOptions,
  pickSettings,
  settingOptions,
  trainingOptions,
} from '../../../src-main/host/command-line/options.ts';
import { readSpecFile } from '../../../src-main/host/command-line/spec-file.ts';

/** A value for each setting as a person types it, and as the schema wants it. */
const typed: Record<string, [string, unknown]> = {
  name: ['holiday', 'holiday'],
  testSources: ['other', ['other']],
  size: ['48', 48],
  color: ['grey', 'grey'],
  fit: ['contain', 'contain'],
  background: ['#102030', '#102030'],
  intensity: ['full', 'full'],
  validation: ['0.25', 0.25],
  fold: ['2/5', [2, 5]],
  labels: ['no', false],
  seed: ['9', 9],
  pixelLimit: ['1000000', 1_000_000],
  preset: ['conv', 'conv'],
  codeSize: ['30', 30],
  spec: ['resources/specs/plane.json', readSpecFile('resources/specs/plane.json')],
  hidden: ['512,256', [512, 256]],
  filters: ['24', 24],
  activation: ['gelu', 'gelu'],
  entries: ['64', 64],
  levels: ['8', 8],
  loss: ['mae', 'mae'],
  ssimWeight: ['0.2', 0.2],
  optimizer: ['adamw,weightDecay=0.05,clipNorm=1', { type: 'adamw', weightDecay: 0.05, clipNorm: 1 }],
  learningRate: ['2e-3', 0.002],
  schedule: ['cosine', 'cosine'],
  warmup: ['0.1', 0.1],
  batchSize: ['256', 256],
  epochs: ['0', 0],
  seconds: ['1.5', 1.5],
  patience: ['3', 3],
  noise: ['0.1', 0.1],
  noiseKind: ['masking', 'masking'],
  beta: ['2', 2],
  klWarmup: ['0.3', 0.3],
  mmd: ['5', 5],
  codeL1: ['1e-4', 1e-4],
  augment: ['crop=0.8,flip=true', { crop: 0.8, flip: true }],
  pcaStart: ['yes', true],
  device: ['webgpu', 'webgpu'],
  threads: ['2', 2],
  checkpointSeconds: ['5', 5],
};

const tables = [
  ['import', importOptions, importSettingsSchema, ['sources', 'preprocessing']],
  ['train', trainingOptions, trainingSettingsSchema, []],
] as const;

test.each(tables)('every setting of %s has an option', (_, table, schema, typedElsewhere) => {
  expect([...Object.keys(table), ...typedElsewhere].sort()).toEqual(Object.keys(schema.entries).sort());
});

test.each(tables)('every option of %s arrives as its setting', (kind, table, schema) => {
  for (const [setting, { flags }] of Object.entries(table)) {
    const [text, value] = typed[setting]!;
    const command = settingOptions(kind).reduce((built, option) => built.addOption(option), new Command());
    command.parse([flags.split(' ')[0]!, text], { from: 'user' });
    const settings = pickSettings(kind, command.opts());
    expect(settings).toEqual({ [setting]: value });
    const whole = kind === 'import' ? { sources: ['x'], ...settings } : settings;
    expect(v.safeParse(schema, whole).success).toBe(true);
  }
});

test('nothing given leaves every choice to the schema and the preset', () => {
  expect(pickSettings('train', {})).toEqual({});
});

test('a setting that import and training share is one option', () => {
  const flags = settingOptions('import', 'train').map((option) => option.flags);
  expect(flags.filter((flag) => flag.startsWith('--seed'))).toHaveLength(1);
});
