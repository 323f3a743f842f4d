// The language of the window: texts by key, numbers, dates and sizes in the locale; switched live.
import { en } from './en/index.ts';
import { textOf } from './text-of.ts';
import { zh } from './zh/index.ts';

export type Language = 'en' | 'zh';
export type Key = keyof typeof en;
export type Values = Record<string, string | number>;

const texts: Record<Language, Record<Key, string>> = { en, zh };
const locales: Record<Language, string> = { en: 'en', zh: 'zh-CN' };

const state = $state<{ language: Language }>({ language: systemLanguage() });

export function language(): Language {
  return state.language;
}

/** Also tells screen readers and the browser, through the page's `lang`. */
export function setLanguage(choice: 'system' | Language): void {
  state.language = choice === 'system' ? systemLanguage() : choice;
  document.documentElement.lang = locales[state.language];
}

function systemLanguage(): Language {
  return navigator.languages.some((tag) => tag.toLowerCase().startsWith('zh')) &&
    !navigator.languages[0]?.toLowerCase().startsWith('en')
    ? 'zh'
    : 'en';
}

/**
 * The text of a key. `{name}` is replaced by a value, numbers in the locale's digits. A text `one image|{count} images`
 * has its forms chosen by `count`, as the language's plural rules say; Chinese has one form.
 */
export function t(key: Key, values: Values = {}): string {
  return fill(choose(textOf(key, [texts[state.language], en]), values.count), values);
}

function choose(text: string, count: string | number | undefined): string {
  const forms = text.split('|');
  if (forms.length === 1 || typeof count !== 'number') return forms[0]!;
  return new Intl.PluralRules(locales[state.language]).select(count) === 'one' ? forms[0]! : forms[1]!;
}

function fill(text: string, values: Values): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === 'number' ? formatNumber(value) : value;
  });
}

export function formatNumber(value: number, options: Intl.NumberFormatOptions = {}): string {
  return new Intl.NumberFormat(locales[state.language], { maximumFractionDigits: 2, ...options }).format(value);
}

/** A value of somebody's own column: six significant digits, and no marks between thousands, which years have none of. */
export function formatValue(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-5 || size >= 1e15)) return value.toExponential(3);
  const digits = { maximumSignificantDigits: 6, maximumFractionDigits: 12, useGrouping: false };
  return new Intl.NumberFormat(locales[state.language], digits).format(value);
}

/** Errors and losses: always three significant digits, so that columns compare; in exponents only where they are tiny. */
export function formatError(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  if (value === 0) return '0';
  if (Math.abs(value) < 1e-5) return value.toExponential(2);
  const digits = { minimumSignificantDigits: 3, maximumSignificantDigits: 3 };
  return new Intl.NumberFormat(locales[state.language], digits).format(value);
}

export function formatPercent(share: number, digits = 1): string {
  return new Intl.NumberFormat(locales[state.language], { style: 'percent', maximumFractionDigits: digits }).format(
    share,
  );
}

/** Binary steps with the decimal names people know: 1 KB is 1024 bytes, as file managers of Windows say it. */
export function formatBytes(bytes: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;
  let index = 0;
  let value = bytes;
  for (; value >= 1000 && index < units.length - 1; index++) value /= 1024;
  return new Intl.NumberFormat(locales[state.language], {
    style: 'unit',
    unit: units[index]!,
    unitDisplay: index === 0 ? 'long' : 'short',
    maximumSignificantDigits: 3,
  }).format(index === 0 ? Math.round(value) : value);
}

/** `4.2 s`, `3 min 05 s`, `2 h 10 min`. */
export function formatDuration(seconds: number): string {
  const whole = Math.round(seconds);
  if (seconds < 9.95) return t('unit.seconds', { s: formatNumber(seconds, { maximumFractionDigits: 1 }) });
  if (whole < 60) return t('unit.seconds', { s: formatNumber(whole) });
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return t('unit.minutes', { m: minutes, s: String(whole % 60).padStart(2, '0') });
  return t('unit.hours', { h: Math.floor(minutes / 60), m: String(minutes % 60).padStart(2, '0') });
}

/** A date where the time of day does not matter. */
export function formatDay(iso: string): string {
  return new Intl.DateTimeFormat(locales[state.language], { dateStyle: 'medium' }).format(new Date(iso));
}

export function formatDate(iso: string): string {
  return new Intl.DateTimeFormat(locales[state.language], { dateStyle: 'medium', timeStyle: 'short' }).format(
    new Date(iso),
  );
}
