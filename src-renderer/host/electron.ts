// Electron's door: the bridge that the preload script offers. Null in a plain browser.
import type { Host } from './host.ts';

export function electronHost(): Host | null {
  return null;
}
