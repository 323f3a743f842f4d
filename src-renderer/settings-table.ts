// Settings as fields of a form: kinds, ranges and defaults come from the schemas of the contract. Knows no words.
import type * as v from 'valibot';

export interface NumberControl {
  kind: 'number';
  whole: boolean;
  /** Inclusive limits; null where there is none. */
  low: number | null;
  high: number | null;
  /** Exclusive limits. */
  above: number | null;
  below: number | null;
}

export type Control =
  | NumberControl
  | { kind: 'numbers'; each: NumberControl }
  | { kind: 'choice'; options: readonly string[] }
  | { kind: 'switch' };

export interface SettingField {
  /** Path in the request, e.g. `optimizer.beta1`. */
  name: string;
  control: Control;
  /** What the schema takes where nothing is given; undefined where a preset decides. */
  standard: unknown;
  /** The kinds that have this field, where an object comes in kinds; null for all. */
  kinds: readonly string[] | null;
}

export type Problem = { problem: 'expected'; control: Control };
export type Reading = { value: unknown } | Problem;

/** Field by field, objects taken apart: a variant's kinds share the fields that have one name. */
export function settingFields(schema: v.GenericSchema, name = ''): SettingField[] {
  const { inner, standard } = unwrap(schema as Described);
  const path = (key: string) => (name ? `${name}.${key}` : key);
  if (inner.type === 'strict_object') {
    return Object.entries(inner.entries!).flatMap(([key, entry]) => settingFields(entry, path(key)));
  }
  if (inner.type === 'variant') return variantFields(inner, path);
  return [{ name, control: controlOf(inner), standard, kinds: null }];
}

/** What a person typed or chose as a value of the request. Empty text is for the caller: it means the default. */
export function readField(control: Control, text: string): Reading {
  switch (control.kind) {
    case 'choice':
      return control.options.includes(text) ? { value: text } : { problem: 'expected', control };
    case 'switch':
      return text === 'yes' || text === 'no' ? { value: text === 'yes' } : { problem: 'expected', control };
    case 'number':
      return readNumber(control, text);
    case 'numbers': {
      const readings = text
        .split(/[\s,，;、]+/)
        .filter(Boolean)
        .map((part) => readNumber(control.each, part));
      const values = readings.flatMap((reading) => ('value' in reading ? [reading.value] : []));
      return values.length < readings.length ? { problem: 'expected', control } : { value: values };
    }
    default:
      return control satisfies never;
  }
}

/** A value as `readField` takes it. */
export function writeField(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.map(String).join(', ');
  return value === null || value === undefined ? '' : String(value);
}

// ---- schemas ------------------------------------------------------------------------------------------------------

/** What is read of a schema; valibot's types keep it, but only for one whose type is known. */
interface Described {
  type: string;
  wrapped?: Described;
  default?: unknown;
  options?: readonly unknown[];
  key?: string;
  literal?: unknown;
  item?: Described;
  entries?: Record<string, v.GenericSchema>;
  pipe?: readonly { type: string; requirement?: number }[];
}

function unwrap(schema: Described): { inner: Described; standard: unknown } {
  let inner = schema;
  let standard: unknown;
  while (inner.wrapped) {
    standard ??= inner.default;
    inner = inner.wrapped;
  }
  return { inner, standard };
}

function variantFields({ key, options }: Described, path: (key: string) => string): SettingField[] {
  const kinds = (options as Described[]).map((option) => ({
    kind: String((option.entries![key!] as Described).literal),
    fields: Object.entries(option.entries!)
      .filter(([name]) => name !== key)
      .flatMap(([name, entry]) => settingFields(entry, path(name))),
  }));
  const chooser: SettingField = {
    name: path(key!),
    control: { kind: 'choice', options: kinds.map(({ kind }) => kind) },
    standard: undefined,
    kinds: null,
  };
  const byName = new Map<string, SettingField>();
  for (const { kind, fields } of kinds) {
    for (const field of fields) {
      byName.set(field.name, { ...field, kinds: [...(byName.get(field.name)?.kinds ?? []), kind] });
    }
  }
  return [chooser, ...byName.values()];
}

function controlOf(schema: Described): Control {
  switch (schema.type) {
    case 'number':
      return numberControl(schema.pipe ?? []);
    case 'boolean':
      return { kind: 'switch' };
    case 'picklist':
      return { kind: 'choice', options: schema.options!.map(String) };
    case 'array':
      return { kind: 'numbers', each: controlOf(schema.item!) as NumberControl };
    default:
      throw new Error(`internal: no control for a setting of type ${schema.type}`);
  }
}

function numberControl(checks: NonNullable<Described['pipe']>): NumberControl {
  const limit = (type: string) => checks.find((check) => check.type === type)?.requirement ?? null;
  return {
    kind: 'number',
    whole: checks.some((check) => check.type === 'integer'),
    low: limit('min_value'),
    high: limit('max_value'),
    above: limit('gt_value'),
    below: limit('lt_value'),
  };
}

/** `Number` also reads empty text and hexadecimal. */
const decimal = /^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?\s*$/i;

function readNumber(control: NumberControl, text: string): Reading {
  const { whole, low, high, above, below } = control;
  const value = decimal.test(text) ? Number(text) : Number.NaN;
  const fits =
    Number.isFinite(value) &&
    (!whole || Number.isInteger(value)) &&
    (low === null || value >= low) &&
    (high === null || value <= high) &&
    (above === null || value > above) &&
    (below === null || value < below);
  return fits ? { value } : { problem: 'expected', control };
}
