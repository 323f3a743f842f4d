// Sentences that were put together elsewhere, taken apart by their templates and said anew. Knows no language.

/** From a template with `{}` where values stand to one with `{0}`, `{1}` … in any order. */
export type Sentences = Readonly<Record<string, string>>;

interface Rule {
  pattern: RegExp;
  answer: string;
}

/**
 * A function that translates a sentence, or gives it back unchanged where no template fits. Values are translated too,
 * for some of them are sentences. A text of several
 * sentences is tried as a whole, but no value may then reach over the end of one; else it goes sentence by sentence.
 */
export function compileSentences(sentences: Sentences): (text: string) => string {
  // The template with the most fixed text wins: `Expected {}, received {}.` fits nearly everything.
  const rules = Object.entries(sentences)
    .toSorted(([a], [b]) => fixedLength(b) - fixedLength(a))
    .map(([template, answer]) => ({ pattern: toPattern(template), answer }));

  function translate(text: string, depth = 0): string {
    if (depth > 3) return text;
    const inner = (value: string) => translate(value, depth + 1);
    const parts = text.split(sentenceEnd);
    if (parts.length === 1) return apply(rules, text, inner) ?? text;
    const whole = apply(rules, text, inner, (value) => !sentenceEnd.test(value));
    return whole ?? parts.map(inner).join(' ');
  }
  return (text) => translate(text);
}

const sentenceEnd = /(?<=[.!?])\s+(?=\p{Lu})/u;

function apply(
  rules: readonly Rule[],
  text: string,
  inner: (value: string) => string,
  accept: (value: string) => boolean = () => true,
): string | null {
  for (const { pattern, answer } of rules) {
    const match = pattern.exec(text);
    if (match?.slice(1).every(accept))
      return answer.replace(/\{(\d)\}/g, (_, index: string) => inner(match[Number(index) + 1] ?? ''));
  }
  return null;
}

function toPattern(template: string): RegExp {
  const parts = template.split('{}').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('([\\s\\S]*?)')}$`);
}

function fixedLength(template: string): number {
  return template.replaceAll('{}', '').length;
}
