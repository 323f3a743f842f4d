// Many names as one array of bytes, as tables send them to a window: a million strings would take a second to take apart.
import type { ItemTable } from '../../contract/views.ts';

/** UTF-8, one after the other; text n is `paths[offsets[n]..offsets[n + 1]]`. */
export function packTexts(texts: readonly string[]): Pick<ItemTable, 'paths' | 'offsets'> {
  const encoder = new TextEncoder();
  const encoded = texts.map((text) => encoder.encode(text));
  const offsets = new Uint32Array(texts.length + 1);
  for (const [row, text] of encoded.entries()) offsets[row + 1] = offsets[row]! + text.length;
  const paths = new Uint8Array(offsets[texts.length]!);
  for (const [row, text] of encoded.entries()) paths.set(text, offsets[row]);
  return { paths, offsets };
}
