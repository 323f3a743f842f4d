// What a tab had chosen, kept over a reload of the tab and no longer. Whoever recalls it checks that it is what is expected.

const prefix = 'pinhole-';
/** Browsers give a page about five million characters. */
const longest = 1_000_000;

export function keep(name: string, value: unknown): void {
  const text = JSON.stringify(value);
  if (text.length > longest) sessionStorage.removeItem(prefix + name);
  else sessionStorage.setItem(prefix + name, text);
}

/** Undefined where nothing was kept, or what was kept cannot be read. */
export function recall(name: string): unknown {
  const text = sessionStorage.getItem(prefix + name);
  if (text === null) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
