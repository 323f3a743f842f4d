// Settings as a flat table, one row for each field, and in which rows several runs differ.

/** `{ 'optimizer.type': 'sgd', epochs: 3 }` → `{ optimizer: { type: 'sgd' }, epochs: 3 }`. */
export function nest(flat: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const whole: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(flat)) {
    const [key = '', inner] = name.split('.');
    if (inner === undefined) whole[key] = value;
    else whole[key] = { ...(whole[key] as object | undefined), [inner]: value };
  }
  return whole;
}

/** The other way; lists stay whole, and what is null or undefined is left out. */
export function flatten(whole: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const flat: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(whole)) {
    if (value === null || value === undefined) continue;
    if (typeof value !== 'object' || Array.isArray(value)) flat[key] = value;
    else
      for (const [inner, part] of Object.entries(flatten(value as Record<string, unknown>)))
        flat[`${key}.${inner}`] = part;
  }
  return flat;
}

type Values = Readonly<Record<string, unknown>>;

export interface Difference {
  name: string;
  /** One for each of the runs; undefined where it was not set. */
  values: readonly unknown[];
}

/** Only what is not the same for all, in the order in which the first run that has it names it. */
export function differences(settings: readonly Values[]): Difference[] {
  const flat = settings.map(flatten);
  const names = [...new Set(flat.flatMap(Object.keys))];
  return names
    .map((name) => ({ name, values: flat.map((one) => one[name]) }))
    .filter(({ values }) => new Set(values.map((value) => JSON.stringify(value))).size > 1);
}
