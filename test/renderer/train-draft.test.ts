// From what is typed to a request: every setting has a field, ranges hold, optimisers stay whole, remedies are applied.
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { withRemedy } from '../../src-main/contract/remedy.ts';
import { presetNames, type TrainingRequest, trainingSettingsSchema } from '../../src-main/contract/settings.ts';
import { planTraining } from '../../src-main/training/presets.ts';
import { en } from '../../src-renderer/language/en/index.ts';
import {
  controlOf,
  type Draft,
  draftOf,
  emptyDraft,
  fieldNames,
  interpret,
  recallDraft,
} from '../../src-renderer/screens/train/draft.ts';
import { fieldOf, schemaFields, units } from '../../src-renderer/screens/train/settings.ts';

const defaults = {
  preset: 'recommended',
  schedule: 'one-cycle',
  optimizer: { type: 'adamw', beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.05 },
};
const typed: Record<string, string> = {
  codeSize: '30',
  hidden: '512, 256',
  filters: '24',
  activation: 'gelu',
  pcaStart: 'no',
  loss: 'mae',
  ssimWeight: '0.1',
  entries: '64',
  levels: '8',
  beta: '2',
  klWarmup: '0.3',
  mmd: '5',
  noiseKind: 'masking',
  'optimizer.type': 'sgd',
  'optimizer.momentum': '0.9',
  'optimizer.nesterov': 'yes',
  'optimizer.beta1': '0.8',
  'optimizer.beta2': '0.99',
  'optimizer.epsilon': '1e-7',
  'optimizer.weightDecay': '0.02',
  'optimizer.clipNorm': '1',
  learningRate: '2e-3',
  schedule: 'one-cycle',
  warmup: '0.2',
  batchSize: '64',
  epochs: '3',
  seconds: '20',
  patience: '2',
  noise: '0.1',
  codeL1: '1e-4',
  'augment.crop': '0.8',
  'augment.flip': 'yes',
  device: 'cpu',
  threads: '2',
  seed: '9',
  checkpointSeconds: '5',
};
const image = { height: 28, width: 28, channels: 1 };
const draft = (fields: Draft['fields'], preset: Draft['preset'] = 'recommended'): Draft => ({ preset, fields });

test('every setting of the contract has a field, and every field its words', () => {
  expect([...fieldNames, 'preset'].sort()).toEqual([...schemaFields].sort());
  expect(Object.keys(typed).sort()).toEqual([...fieldNames].sort());
  for (const name of fieldNames) {
    expect(en).toHaveProperty([`train.setting.${name}`]);
    expect(en).toHaveProperty([`train.help.${name}`]);
    if (units[name]) expect(en).toHaveProperty([`train.unit.${units[name]}`]);
  }
});

test('every choice of the contract has a name', () => {
  for (const name of fieldNames) {
    const control = controlOf(name, null);
    if (control.kind !== 'choice') continue;
    for (const option of control.options) expect(en).toHaveProperty([`train.choice.${option}`]);
  }
});

test.each(presetNames)('all fields at once are a valid request of %s', (preset) => {
  for (const type of ['sgd', 'adam', 'adamw']) {
    const { request, problems } = interpret(draft({ ...typed, 'optimizer.type': type }, preset), defaults, null);
    expect(problems).toEqual({});
    expect(v.safeParse(trainingSettingsSchema, request).success).toBe(true);
    expect(request.preset).toBe(preset);
    expect('filters' in request).toBe(preset === 'conv' || preset === 'resconv');
    expect('hidden' in request).toBe(!('filters' in request));
    expect('entries' in request).toBe(preset === 'vq');
    expect('levels' in request).toBe(preset === 'fsq');
    expect('beta' in request).toBe(preset === 'variational');
    expect(() => planTraining(v.parse(trainingSettingsSchema, request), image, 1000)).not.toThrow();
  }
});

test('nothing typed is nothing overridden', () => {
  expect(interpret(emptyDraft(), defaults, null)).toEqual({ request: { preset: 'recommended' }, problems: {} });
  expect(interpret(draft({ codeSize: '  ' }), defaults, null).request).toEqual({ preset: 'recommended' });
});

test('what is out of range is said by field and not sent', () => {
  const { request, problems } = interpret(draft({ codeSize: '0', epochs: '5', noise: 'much' }), defaults, null);
  expect(request).toEqual({ preset: 'recommended', epochs: 5 });
  expect(Object.keys(problems)).toEqual(['codeSize', 'noise']);
});

test('a code larger than the image is out of range', () => {
  const { problems } = interpret(draft({ codeSize: '800' }), defaults, { pixels: 784 });
  expect(problems.codeSize).toMatchObject({ low: 1, high: 784 });
});

test('an optimiser changed in one field keeps its other values', () => {
  const { request } = interpret(draft({ 'optimizer.clipNorm': '1' }), defaults, null);
  expect(request.optimizer).toEqual({ ...defaults.optimizer, clipNorm: 1 });
});

test('another optimiser starts from its own defaults, without fields of the first', () => {
  const { request } = interpret(
    draft({ 'optimizer.type': 'sgd', 'optimizer.momentum': '0.5', 'optimizer.beta1': '0.7' }),
    defaults,
    null,
  );
  expect(request.optimizer).toEqual({ type: 'sgd', momentum: 0.5 });
});

test('flips alone leave crops off', () => {
  expect(interpret(draft({ 'augment.flip': 'yes' }), defaults, null).request.augment).toEqual({ crop: 1, flip: true });
});

test('warming up is left out where the schedule has none', () => {
  expect(interpret(draft({ warmup: '0.2', schedule: 'cosine' }), defaults, null).request).toEqual({
    preset: 'recommended',
    schedule: 'cosine',
  });
});

test('the draft of a request makes that request', () => {
  const request = v.parse(trainingSettingsSchema, {
    preset: 'deep',
    codeSize: 12,
    hidden: [40],
    optimizer: { type: 'sgd', momentum: 0.9 },
    augment: { crop: 0.9, flip: false },
    pcaStart: true,
    seed: 4,
  });
  const again = interpret(draftOf(request), defaults, null).request;
  expect(v.parse(trainingSettingsSchema, again)).toEqual(request);
});

test('a remedy is applied on top; one that changes the preset drops what was set for the old one', () => {
  const before: TrainingRequest = { preset: 'deep', learningRate: 0.1, epochs: 5, seed: 3, codeSize: 16 };
  expect(draftOf(withRemedy(before, { learningRate: 0.01 }))).toEqual(
    draft({ learningRate: '0.01', epochs: '5', seed: '3', codeSize: '16' }, 'deep'),
  );
  expect(draftOf(withRemedy(before, { preset: 'recommended' }))).toEqual(
    draft({ seed: '3', codeSize: '16' }, 'recommended'),
  );
  expect(withRemedy({ device: 'webgpu' }, { device: 'auto' })).toEqual({ device: 'auto' });
});

test('fields say their defaults where the schema has them', () => {
  expect(fieldOf('seed').standard).toBe(1);
  expect(fieldOf('checkpointSeconds').standard).toBe(20);
});

test('a model of one’s own goes through unchanged until another preset is chosen', () => {
  const spec = {
    name: 'mine',
    codeSize: 1,
    encoder: [{ type: 'dense', units: 1 }],
    decoder: [{ type: 'dense', units: 4 }],
  };
  const own = draftOf({ preset: 'recommended', spec });
  expect(interpret(own, defaults, null).request.spec).toEqual(spec);
  const request = interpret(own, defaults, null).request;
  expect(withRemedy(request, { epochs: 9 }).spec).toEqual(spec);
  expect(withRemedy(request, { preset: 'recommended' })).toEqual({ preset: 'recommended', codeSize: 1 });
});

test('what a tab kept is taken back as far as it is a draft', () => {
  const draft = { preset: 'deep', fields: { codeSize: '12' } };
  expect(recallDraft(JSON.parse(JSON.stringify({ draft, advanced: true })))).toEqual({ draft, advanced: true });
  const strange = { draft: { preset: 'deep', fields: { codeSize: 12, mood: 'good' } } };
  expect(recallDraft(strange)).toEqual({ draft: { preset: 'deep', fields: {} }, advanced: false });
  for (const none of [undefined, null, 3, {}, { draft: { preset: 'mood', fields: {} } }])
    expect(recallDraft(none)).toBeNull();
});
