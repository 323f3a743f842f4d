// The text of a key where one is missing: a screen with an odd word in it is better than none.

type Texts = Readonly<Record<string, string>>;

/**
 * Of the first that has it. Where none has, the key itself in brackets, and an error on the console, which end-to-end
 * specs take for a failure.
 */
export function textOf(key: string, sources: readonly Texts[]): string {
  const text = sources.find((texts) => key in texts)?.[key];
  if (text !== undefined) return text;
  console.error(`There is no text for “${key}”.`);
  return `[${key}]`;
}
