// Settings and runs in the words of the window's language: ranges, values, names of runs, what a result means.
import type { Run } from '../../../src-main/contract/api.ts';
import type { Quality, Report } from '../../../src-main/contract/records.ts';
import { presetNames } from '../../../src-main/contract/settings.ts';
import { formatNumber, formatPercent, t } from '../../language/index.svelte.ts';
import { type Control, writeField } from '../../settings-table.ts';
import { fieldNames } from './draft.ts';
import { type FieldName, fieldOf, offByDefault } from './settings.ts';

export function isFieldName(name: string): name is FieldName {
  return (fieldNames as readonly string[]).includes(name);
}

/** E.g. `whole number, 1 to 784`; empty for choices, which show theirs. */
export function rangeWords(control: Control): string {
  if (control.kind === 'numbers') return t('train.range.list', { range: rangeWords(control.each) });
  if (control.kind !== 'number') return '';
  const { whole, low, high, above, below } = control;
  const plain = (value: number) => formatNumber(value, { maximumSignificantDigits: 21 });
  if (low !== null && high !== null) {
    return t(whole ? 'train.range.whole' : 'train.range.between', { low: plain(low), high: plain(high) });
  }
  if (low !== null && below !== null) return t('train.range.below', { low: plain(low), high: plain(below) });
  if (above !== null) return t('train.range.above', { low: plain(above) });
  return t('train.range.from', { low: plain(low ?? 0) });
}

export function problemWords(control: Control): string {
  return t('train.range.expected', { range: rangeWords(control) });
}

/** A value of a setting as a person reads it. */
export function valueWords(name: string, value: unknown): string {
  if (value === undefined || value === null) {
    return isFieldName(name) && offByDefault.has(name) ? t('train.value.off') : t('word.none');
  }
  if (typeof value === 'boolean') return t(value ? 'word.yes' : 'word.no');
  if (Array.isArray(value)) return value.length === 0 ? t('word.none') : writeField(value);
  if (typeof value === 'number') return numberWords(value);
  if (name === 'preset') return presetWords(String(value));
  return isFieldName(name) && fieldOf(name).control.kind === 'choice' ? choiceWords(String(value)) : String(value);
}

/** Settings need all of their digits; tiny ones are read more easily with an exponent. */
function numberWords(value: number): string {
  if (value !== 0 && Math.abs(value) < 1e-4) return value.toExponential();
  return formatNumber(value, { maximumSignificantDigits: 12 });
}

const choices = [
  'linear',
  'relu',
  'leakyRelu',
  'silu',
  'gelu',
  'sigmoid',
  'tanh',
  'softplus',
  'mse',
  'mae',
  'huber',
  'bce',
  'ssim',
  'gaussian',
  'masking',
  'salt-and-pepper',
  'sgd',
  'adam',
  'adamw',
  'constant',
  'cosine',
  'one-cycle',
  'auto',
  'cpu',
  'webgpu',
  'tensorflow',
] as const;

export function choiceWords(option: string): string {
  const known = choices.find((choice) => choice === option);
  return known ? t(`train.choice.${known}`) : option;
}

export function presetWords(preset: string): string {
  const known = presetNames.find((name) => name === preset);
  return known ? t(`train.preset.${known}`) : preset;
}

/** `Recommended, 64 codes`; the code size of a run that has not begun is not known. */
export function runWords({ preset, codeSize }: Pick<Run, 'preset' | 'codeSize'>): string {
  if (codeSize === 0) return presetWords(preset);
  return t('train.run.name', { preset: presetWords(preset), count: codeSize });
}

export function settingWords(name: string): string {
  if (name === 'preset') return t('train.preset');
  return isFieldName(name) ? t(`train.setting.${name}`) : name;
}

/** How much lower the error is than PCA's, as a share: 0.31 is 31 % lower, negative is higher. */
export function gainOver(quality: Quality, reference: Quality): number | null {
  return reference.mse > 0 ? 1 - quality.mse / reference.mse : null;
}

/** `9.9`, `1,200`: how many times as high. */
export function timesWords(ratio: number): string {
  return formatNumber(ratio, { maximumSignificantDigits: 2 });
}

/** Less than a tenth of a percent is no difference. */
export function gainWords(gain: number | null): string {
  if (gain === null) return '–';
  if (Math.abs(gain) < 0.001) return t('train.run.same');
  if (gain <= -1) return t('train.run.times', { times: timesWords(1 - gain) });
  return t(gain > 0 ? 'train.run.lower' : 'train.run.higher', { share: formatPercent(Math.abs(gain)) });
}

/** What a similarity means to the eye; limits as a person sorts pairs of pictures by them. */
export function likeness({ model }: Pick<Report, 'model'>): 'same' | 'close' | 'shapes' | 'rough' | 'nothing' {
  if (model.ssim >= 0.95) return 'same';
  if (model.ssim >= 0.85) return 'close';
  if (model.ssim >= 0.6) return 'shapes';
  return model.ssim >= 0.25 ? 'rough' : 'nothing';
}
