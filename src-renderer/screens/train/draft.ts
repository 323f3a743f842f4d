// What a person has typed so far, as a training request: empty fields are the preset's own choice. Knows no words.
import { flatten, nest } from '../../../src-main/contract/flat-settings.ts';
import type { PresetName, TrainingRequest } from '../../../src-main/contract/settings.ts';
import { presetNames } from '../../../src-main/contract/settings.ts';
import { type Control, readField, writeField } from '../../settings-table.ts';
import { type FieldName, fieldOf, groups, matters } from './settings.ts';

export interface Draft {
  preset: PresetName;
  /** A model of one's own that a run to be repeated was given. */
  spec?: TrainingRequest['spec'];
  /** As typed or chosen; a field that is not there, or empty, is left to the preset. */
  fields: Partial<Record<FieldName, string>>;
}

export interface Limits {
  /** A code cannot be larger than the image: height × width × channels. */
  pixels: number;
}

export interface Interpretation {
  request: TrainingRequest;
  /** What was expected, by field. */
  problems: Partial<Record<FieldName, Control>>;
}

export const fieldNames: readonly FieldName[] = groups.flatMap(({ fields }) => fields);

export const emptyDraft = (preset: PresetName = 'recommended'): Draft => ({ preset, fields: {} });

/** What a tab kept over a reload; null for anything else. */
export function recallDraft(value: unknown): { draft: Draft; advanced: boolean } | null {
  const { draft, advanced } = (value ?? {}) as { draft?: Draft; advanced?: unknown };
  const fields = Object.entries(draft?.fields ?? {}).filter(
    ([name, text]) => (fieldNames as readonly string[]).includes(name) && typeof text === 'string',
  );
  if (!draft || !(presetNames as readonly string[]).includes(draft.preset)) return null;
  return { draft: { ...draft, fields: Object.fromEntries(fields) }, advanced: advanced === true };
}

/**
 * `defaults` is what the preset alone gives. An optimiser is one whole in a request: one that is changed in a single field
 * keeps its other values only by naming them.
 */
export function interpret(
  draft: Draft,
  defaults: Readonly<Record<string, unknown>>,
  limits: Limits | null,
): Interpretation {
  const problems: Interpretation['problems'] = {};
  const values: Record<string, unknown> = {};
  const force = inForce(draft, defaults);
  for (const name of fieldNames) {
    const text = draft.fields[name]?.trim();
    if (!text || !matters(name, force)) continue;
    const control = controlOf(name, limits);
    const reading = readField(control, text);
    if ('value' in reading) values[name] = reading.value;
    else problems[name] = reading.control;
  }
  completeOptimizer(values, flatten(defaults));
  completeCrops(values);
  // Plain data again: what a screen keeps is watched, and cannot be sent like that.
  const spec = draft.spec && { spec: JSON.parse(JSON.stringify(draft.spec)) };
  return { request: { preset: draft.preset, ...spec, ...nest(values) } as TrainingRequest, problems };
}

/** The control of a field, with the limits that this data set adds to those of the schema. */
export function controlOf(name: FieldName, limits: Limits | null): Control {
  const { control } = fieldOf(name);
  if (name !== 'codeSize' || limits === null || control.kind !== 'number') return control;
  return { ...control, high: Math.min(control.high ?? Number.POSITIVE_INFINITY, limits.pixels) };
}

/** Flat values that decide which settings matter: chosen ones, else the defaults. */
export function inForce(draft: Draft, defaults: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const chosen = Object.entries(draft.fields).filter(([, text]) => text?.trim());
  return { ...flatten(defaults), preset: draft.preset, ...Object.fromEntries(chosen) };
}

/** A draft that makes this request: of a run that is to be repeated, with a remedy or without. Unknown fields are left out. */
export function draftOf(request: Readonly<Record<string, unknown>>): Draft {
  const flat = flatten(request);
  const preset = presetNames.find((name) => name === flat.preset) ?? 'recommended';
  const fields = fieldNames.flatMap((name) => {
    const value = flat[name];
    return value === undefined || value === fieldOf(name).standard ? [] : [[name, writeField(value)] as const];
  });
  const spec = request.spec as Draft['spec'];
  return { preset, ...(spec && { spec }), fields: Object.fromEntries(fields) };
}

function completeOptimizer(values: Record<string, unknown>, defaults: Readonly<Record<string, unknown>>): void {
  const given = Object.keys(values).filter((name) => name.startsWith('optimizer.'));
  if (given.length === 0) return;
  const standard = defaults['optimizer.type'];
  values['optimizer.type'] ??= standard;
  if (values['optimizer.type'] !== standard) return;
  for (const [name, value] of Object.entries(defaults)) if (name.startsWith('optimizer.')) values[name] ??= value;
}

/** One of crop and flip alone leaves the other off. */
function completeCrops(values: Record<string, unknown>): void {
  if (!('augment.crop' in values || 'augment.flip' in values)) return;
  values['augment.crop'] ??= 1;
  values['augment.flip'] ??= false;
}
