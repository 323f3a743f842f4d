// What the service says (errors, advice, notices, warnings) in the window's words: sentence templates to sentences.
import { service as english } from './en/service.ts';
import { language } from './index.svelte.ts';
import { compileSentences } from './sentences.ts';
import { nouns } from './zh/nouns.ts';
import { service as chinese } from './zh/service.ts';

const translate = { en: compileSentences(english), zh: compileSentences({ ...chinese, ...nouns }) };

/** The sentence in the language that is shown; one that no template fits passes as it is. */
export function said(sentence: string): string {
  return translate[language()](sentence);
}
