// Paths as people give them.

/** A path as it is pasted: without the spaces and quotes that file managers put around it. */
export function plainPath(text: string): string {
  const trimmed = text.trim();
  return /^(?:"(.+)"|'(.+)')$/s.exec(trimmed)?.slice(1).find(Boolean) ?? trimmed;
}
