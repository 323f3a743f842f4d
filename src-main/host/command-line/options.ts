// Settings as command line options: names, ranges, defaults and checks come from the schemas of the contract.
import { InvalidArgumentError, Option } from 'commander';
import * as v from 'valibot';
import {
  type ImportRequest,
  importSettingsSchema,
  type TrainingRequest,
  trainingSettingsSchema,
} from '../../contract/settings.ts';
import { readSpecFile } from './spec-file.ts';

interface SettingOption {
  flags: string;
  /** Without range and default: those are added from the schema. */
  what: string;
  /** Text to value; what it gives back is checked against the schema. Numbers, choices and plain text need none. */
  read?: (text: string, previous: unknown) => unknown;
  /** Shown instead of the range that the schema tells. */
  range?: string;
}
type OptionTable<Setting extends string> = Record<Setting, SettingOption>;

/** `sources` are arguments; `preprocessing` is taken from a model, never typed. A setting that is missing here does not compile. */
export const importOptions: OptionTable<Exclude<keyof ImportRequest, 'sources' | 'preprocessing'>> = {
  name: { flags: '--name <name>', what: 'name of the data set', range: 'default: name of the first source' },
  testSources: {
    flags: '--test <source>',
    what: 'separate held-out source, measured on at the end; may be repeated',
    read: (text, previous) => [...((previous as string[]) ?? []), text],
    range: '',
  },
  size: { flags: '--size <px>', what: 'side of the square that images are brought to', read: numberOrWord },
  color: { flags: '--color <mode>', what: 'grey or colour; auto is grey if every image is' },
  fit: { flags: '--fit <how>', what: 'how an image is brought to a square' },
  background: { flags: '--background <color>', what: 'colour behind transparency', range: '#rrggbb; default: #ffffff' },
  intensity: { flags: '--intensity <mode>', what: 'range of images with more than 8 bits' },
  validation: { flags: '--validation <share>', what: 'share of the images held out', read: Number },
  fold: {
    flags: '--fold <i/n>',
    what: 'hold out the i-th of n folds as the test split',
    read: readFold,
    range: 'e.g. 1/5',
  },
  labels: { flags: '--labels <yes|no>', what: 'folder names are labels', read: yesOrNo },
  seed: { flags: '--seed <n>', what: 'seed of everything random', read: Number },
  pixelLimit: { flags: '--pixel-limit <n>', what: 'images with more pixels are refused', read: Number },
};

export const trainingOptions: OptionTable<keyof TrainingRequest> = {
  preset: { flags: '--preset <name>', what: 'model and training to start from' },
  codeSize: { flags: '--codes <k>', what: 'learned features per image', read: Number },
  spec: {
    flags: '--spec <file>',
    what: 'a model of your own as JSON; "pinhole presets NAME" prints one to begin with',
    read: readSpecFile,
    range: '',
  },
  hidden: {
    flags: '--hidden <widths>',
    what: 'hidden widths of the encoder',
    read: readNumbers,
    range: 'e.g. 512,256',
  },
  filters: { flags: '--filters <n>', what: 'filters of the first layer (conv, resconv)', read: Number },
  activation: { flags: '--activation <name>', what: 'activation of the hidden layers' },
  entries: { flags: '--entries <n>', what: 'entries of the codebook (vq)', read: Number },
  levels: { flags: '--levels <n>', what: 'values that each number of a code can have (fsq)', read: Number },
  loss: { flags: '--loss <name>', what: 'reconstruction loss' },
  ssimWeight: { flags: '--ssim-weight <x>', what: 'weight of 1 − SSIM beside the loss', read: Number },
  optimizer: {
    flags: '--optimizer <spec>',
    what: 'sgd, adam or adamw with its parameters',
    read: (text) => readFields(`type=${text}`),
    range: 'e.g. adamw,weightDecay=0.05,clipNorm=1',
  },
  learningRate: { flags: '--learning-rate <x>', what: 'peak learning rate', read: Number },
  schedule: { flags: '--schedule <name>', what: 'course of the learning rate' },
  warmup: { flags: '--warmup <share>', what: 'share of the steps spent warming up', read: Number },
  batchSize: { flags: '--batch <n>', what: 'images per step', read: Number },
  epochs: { flags: '--epochs <n>', what: 'passes over the training images', read: Number },
  seconds: { flags: '--seconds <s>', what: 'time budget for training', read: Number },
  patience: { flags: '--patience <n>', what: 'stop after so many epochs without progress; 0: never', read: Number },
  noise: {
    flags: '--noise <x>',
    what: 'noise on the input: deviation in pixel values 0–1, or share of them that is lost (denoising)',
    read: Number,
  },
  noiseKind: { flags: '--noise-kind <name>', what: 'what the noise does to pixel values' },
  codeL1: { flags: '--code-l1 <weight>', what: 'weight of the mean absolute code (sparse)', read: Number },
  beta: { flags: '--beta <x>', what: 'weight of the divergence from the prior (variational)', read: Number },
  klWarmup: { flags: '--kl-warmup <share>', what: 'share of the run in which beta rises from 0', read: Number },
  mmd: { flags: '--mmd <weight>', what: 'weight of the discrepancy from the prior (wae)', read: Number },
  augment: {
    flags: '--augment <spec>',
    what: 'random crops, down to this share of the side, and flips',
    read: readFields,
    range: 'e.g. crop=0.8,flip=true',
  },
  pcaStart: { flags: '--pca-start <yes|no>', what: 'start at the PCA solution', read: yesOrNo },
  seed: { flags: '--seed <n>', what: 'seed of everything random', read: Number },
  device: { flags: '--device <kind>', what: 'what to train on; auto measures and takes the fastest' },
  threads: { flags: '--threads <n>', what: 'processor threads', read: Number },
  checkpointSeconds: { flags: '--checkpoint-seconds <s>', what: 'seconds between checkpoints', read: Number },
};

type SettingKind = 'import' | 'train';
type Schema = v.GenericSchema;
type Entries = Record<string, Schema>;

/** Options of `import`, of `train`, or of both (`reduce`), where a setting that both have is one option. */
export function settingOptions(...kinds: SettingKind[]): Option[] {
  const options = new Map<string, Option>();
  for (const kind of kinds) {
    const [table, entries] = tables[kind];
    for (const [setting, description] of Object.entries(table)) {
      options.set(description.flags, makeOption(description, entries[setting]!));
    }
  }
  return [...options.values()];
}

/** The same without some settings, which the command has in a way of its own. */
export function settingOptionsBut(left: readonly string[], ...kinds: SettingKind[]): Option[] {
  return settingOptions(...kinds).filter((option) => !left.includes(option.name()));
}

/** A setting as a list of values, each checked like the setting itself. */
export function listOption(flags: string, what: string, setting: keyof TrainingRequest, standard: string): Option {
  const { read } = trainingOptions[setting];
  const schema = trainingSettingsSchema.entries[setting];
  const range = `${describeRange(schema)}, …`;
  return new Option(flags, `${what} (${range}; default: ${standard})`).argParser((text: string) => {
    const values = text.split(',').map((part) => (read ? read(part, undefined) : part));
    if (values.every((value) => v.safeParse(schema, value).success)) return [...new Set(values)];
    throw new InvalidArgumentError(`Expected ${range}.`);
  });
}

/** One of them, with its range in other words. */
export function settingOption(kind: 'import' | 'train', setting: string, range?: string): Option {
  const [table, entries] = tables[kind];
  return makeOption({ ...table[setting]!, ...(range && { range }) }, entries[setting]!);
}

/** What a person gave of the settings of `import` or `train`; settings that were not given are left out. */
export function pickSettings(kind: SettingKind, given: Record<string, unknown>): Record<string, unknown> {
  const [table] = tables[kind];
  const settings = Object.entries(table).map(([setting, { flags }]) => [
    setting,
    given[new Option(flags).attributeName()],
  ]);
  return Object.fromEntries(settings.filter(([, value]) => value !== undefined));
}

/** Settings of `train` as a person types them, e.g. `--learning-rate 0.002 --optimizer adamw,clipNorm=1`. */
export function writeOptions(settings: TrainingRequest): string {
  const given = Object.entries(settings) as [keyof TrainingRequest, unknown][];
  return given.map(([name, value]) => `${trainingOptions[name].flags.split(' ')[0]} ${writeValue(value)}`).join(' ');
}

function writeValue(value: unknown): string {
  if (Array.isArray(value)) return value.join(',');
  if (typeof value !== 'object' || value === null) return inWords(value);
  const { type, ...fields } = value as Record<string, unknown>;
  const named = Object.entries(fields).map(([name, field]) => `${name}=${field}`);
  return [...(type === undefined ? [] : [type]), ...named].join(',');
}

const tables: Record<SettingKind, [OptionTable<string>, Entries]> = {
  import: [importOptions, importSettingsSchema.entries],
  train: [trainingOptions, trainingSettingsSchema.entries],
};

function makeOption({ flags, what, read, range }: SettingOption, schema: Schema): Option {
  const hint = range ?? describeSchema(schema);
  const option = new Option(flags, hint ? `${what} (${hint})` : what);
  return option.argParser((text: string, previous: unknown) => {
    const value = read ? read(text, previous) : text;
    const result = v.safeParse(schema, value);
    if (result.success) return value;
    throw new InvalidArgumentError(`Expected ${range || describeRange(schema)}.`);
  });
}

/** Range and default of a setting in words, e.g. `whole number 2–1024 or auto; default: auto`. */
function describeSchema(schema: Schema): string {
  const { default: standard } = schema as { default?: unknown };
  const parts = [describeRange(schema), standard === undefined ? '' : `default: ${inWords(standard)}`];
  return parts.filter(Boolean).join('; ');
}

interface Described {
  type: string;
  wrapped?: Described;
  options?: readonly unknown[];
  literal?: unknown;
  pipe?: readonly { type: string; requirement?: number }[];
}

function describeRange(schema: unknown): string {
  const { type, wrapped, options, literal, pipe } = schema as Described;
  if (wrapped) return describeRange(wrapped);
  if (type === 'picklist') return options!.join('|');
  if (type === 'union') return [...options!].reverse().map(describeRange).join(' or ');
  if (type === 'literal') return String(literal);
  if (type === 'boolean') return 'yes or no';
  return type === 'number' ? describeNumbers(pipe ?? []) : '';
}

function describeNumbers(checks: readonly { type: string; requirement?: number }[]): string {
  const limit = (type: string) => checks.find((check) => check.type === type)?.requirement;
  const kind = checks.some((check) => check.type === 'integer') ? 'whole number' : 'number';
  const [low, high, above] = [limit('min_value'), limit('max_value'), limit('gt_value')];
  if (low !== undefined && high !== undefined) return `${kind} ${low}–${high}`;
  if (above !== undefined) return `${kind} above ${above}`;
  return low === undefined ? kind : `${kind}, ${low} or more`;
}

function inWords(value: unknown): string {
  return typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value);
}

function yesOrNo(text: string): unknown {
  return { yes: true, true: true, no: false, false: false }[text] ?? text;
}

function numberOrWord(text: string): number | string {
  return /^\d/.test(text) ? Number(text) : text;
}

function readNumbers(text: string): number[] {
  return text.split(',').map(Number);
}

function readFold(text: string): number[] {
  return text.split('/').map(Number);
}

/** `type=adamw,clipNorm=1,nesterov=true` → `{ type: 'adamw', clipNorm: 1, nesterov: true }`. */
function readFields(text: string): Record<string, unknown> {
  const fields = text.split(',').map((field) => {
    const [name = '', value = ''] = field.split('=');
    const number = Number(value);
    return [name, value === 'true' || value === 'false' ? value === 'true' : Number.isNaN(number) ? value : number];
  });
  return Object.fromEntries(fields);
}
