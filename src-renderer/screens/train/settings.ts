// The settings of training in the order in which they are shown: groups, units, and where each one matters. No words.
import * as v from 'valibot';
import { trainingSettingsSchema } from '../../../src-main/contract/settings.ts';
import { settingFields } from '../../settings-table.ts';

/** The preset stands above them, as a choice of its own. */
export const groups = [
  { name: 'model', fields: ['codeSize', 'hidden', 'filters', 'activation', 'pcaStart'] },
  {
    name: 'learning',
    fields: [
      'loss',
      'ssimWeight',
      'batchSize',
      'learningRate',
      'schedule',
      'warmup',
      'optimizer.type',
      'optimizer.momentum',
      'optimizer.nesterov',
      'optimizer.beta1',
      'optimizer.beta2',
      'optimizer.epsilon',
      'optimizer.weightDecay',
      'optimizer.clipNorm',
    ],
  },
  { name: 'length', fields: ['epochs', 'seconds', 'patience'] },
  { name: 'code', fields: ['entries', 'levels', 'codeL1', 'beta', 'klWarmup', 'mmd'] },
  { name: 'robust', fields: ['noise', 'noiseKind', 'augment.crop', 'augment.flip'] },
  { name: 'machine', fields: ['device', 'threads', 'seed', 'checkpointSeconds'] },
] as const;

export type GroupName = (typeof groups)[number]['name'];
export type FieldName = (typeof groups)[number]['fields'][number];
export type UnitName =
  | 'seconds'
  | 'passes'
  | 'images'
  | 'numbers'
  | 'units'
  | 'filters'
  | 'threads'
  | 'share'
  | 'entries'
  | 'levels';

export const units: Readonly<Record<FieldName, UnitName | null>> = {
  codeSize: 'numbers',
  hidden: 'units',
  filters: 'filters',
  activation: null,
  pcaStart: null,
  loss: null,
  ssimWeight: null,
  batchSize: 'images',
  learningRate: null,
  schedule: null,
  warmup: 'share',
  'optimizer.type': null,
  'optimizer.momentum': null,
  'optimizer.nesterov': null,
  'optimizer.beta1': null,
  'optimizer.beta2': null,
  'optimizer.epsilon': null,
  'optimizer.weightDecay': null,
  'optimizer.clipNorm': null,
  epochs: 'passes',
  seconds: 'seconds',
  patience: 'passes',
  entries: 'entries',
  levels: 'levels',
  codeL1: null,
  beta: null,
  klWarmup: 'share',
  mmd: null,
  noise: null,
  noiseKind: null,
  'augment.crop': 'share',
  'augment.flip': null,
  device: null,
  threads: 'threads',
  seed: null,
  checkpointSeconds: 'seconds',
};

/** A model of one's own is written as a file, not in a form. */
export const formSchema = v.omit(trainingSettingsSchema, ['spec']);
const table = new Map(settingFields(formSchema).map((field) => [field.name, field]));

export function fieldOf(name: FieldName) {
  return table.get(name)!;
}

/** The fields that the schema has, for a test that none is missing here. */
export const schemaFields: readonly string[] = [...table.keys()];

/** What takes the place of a default where nothing is given and the service names none: the setting is off. */
export const offByDefault: ReadonlySet<FieldName> = new Set([
  'seconds',
  'augment.crop',
  'augment.flip',
  'optimizer.clipNorm',
]);

/** The presets that have a use for a setting, where not all have: the service refuses it with others. */
const presetsWith: Partial<Record<FieldName, readonly string[]>> = {
  filters: ['conv', 'resconv'],
  entries: ['vq'],
  levels: ['fsq'],
  beta: ['variational'],
  klWarmup: ['variational'],
  mmd: ['wae', 'variational'],
};
const presetsWithout: Partial<Record<FieldName, readonly string[]>> = {
  hidden: ['conv', 'resconv'],
  pcaStart: ['vq', 'fsq', 'wae', 'agarap2019'],
};

/** Whether a setting does anything beside those that are in force. */
export function matters(name: FieldName, inForce: Readonly<Record<string, unknown>>): boolean {
  const preset = String(inForce.preset);
  if (presetsWith[name] && !presetsWith[name].includes(preset)) return false;
  if (presetsWithout[name]?.includes(preset)) return false;
  if (name === 'warmup') return (inForce.schedule ?? 'one-cycle') === 'one-cycle';
  const { kinds } = fieldOf(name);
  return kinds === null || kinds.includes(String(inForce['optimizer.type'] ?? 'adamw'));
}
