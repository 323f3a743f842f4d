// What the service says (errors, notices, warnings) in the window's language. English sentences pass as they are.
import { language } from './index.svelte.ts';

/** The sentence in Chinese where a translation is known and Chinese is shown; the sentence itself otherwise. */
export function said(message: string): string {
  return language() === 'zh' ? message : message;
}
