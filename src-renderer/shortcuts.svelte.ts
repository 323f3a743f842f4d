// Keyboard shortcuts: who offers them registers them, and the list of all that are there is made from that.
import { untrack } from 'svelte';

export interface Shortcut {
  /** `mod+s`: Command on a Mac, Control elsewhere; `alt+1`; single keys work while no field has the focus. */
  keys: string;
  /** What it does, in the window's language: asked for when the list is shown. */
  title: () => string;
  /** Under which heading it is listed. */
  group: () => string;
  /** Absent where a part of the screen answers these keys itself: they are only listed. */
  run?: () => void;
}

let all = $state.raw<Shortcut[]>([]);

export const isMac = /mac/i.test(navigator.platform);

export function shortcuts(): readonly Shortcut[] {
  return all;
}

/** Registers shortcuts until the returned function is called; later ones win over earlier ones of the same keys. */
export function offerShortcuts(offered: Shortcut[]): () => void {
  // Called in effects, which must not run again because the list that they add to has changed.
  all = [...untrack(() => all), ...offered];
  return () => {
    all = untrack(() => all).filter((shortcut) => !offered.includes(shortcut));
  };
}

export function listenToShortcuts(): () => void {
  const press = (event: KeyboardEvent) => {
    const keys = keysOf(event);
    const shortcut = all.findLast((candidate) => candidate.run && candidate.keys === keys);
    if (shortcut === undefined || event.defaultPrevented) return;
    if (editing.has(keys) && isText(event.target)) return;
    if (!/^(mod|alt)\+/.test(keys) && (isField(event.target) || document.querySelector('[role="dialog"]'))) return;
    event.preventDefault();
    shortcut.run!();
  };
  addEventListener('keydown', press);
  return () => removeEventListener('keydown', press);
}

function keysOf(event: KeyboardEvent): string {
  const mod = isMac ? event.metaKey : event.ctrlKey;
  const shift = event.shiftKey && event.key.length > 1;
  // With Option, a Mac's digits are other characters.
  const key = /^Digit\d$/.test(event.code) && event.altKey ? event.code.slice(-1) : event.key.toLowerCase();
  return `${mod ? 'mod+' : ''}${event.altKey ? 'alt+' : ''}${shift ? 'shift+' : ''}${key}`;
}

/** In a field with text these are the field's own: select all of it, undo, and so on. */
const editing = new Set(['a', 'c', 'v', 'x', 'y', 'z'].map((key) => `mod+${key}`));

function isText(target: EventTarget | null): boolean {
  const other = /^(button|checkbox|color|file|image|radio|range|reset|submit)$/;
  return isField(target) && !(target instanceof HTMLInputElement && other.test(target.type));
}

function isField(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

/** As printed on keyboards. */
export function describeKeys(keys: string): string[] {
  const names: Record<string, string> = {
    mod: isMac ? '⌘' : 'Ctrl',
    alt: isMac ? '⌥' : 'Alt',
    shift: '⇧',
    ' ': 'Space',
  };
  return keys.split(/(?<=\w)\+/).map((key) => names[key] ?? (key.length === 1 ? key.toUpperCase() : key));
}
