// Simplified Chinese: every key of the English texts, checked by the type.
import type { en } from '../en/index.ts';
import { compress } from './compress.ts';
import { explore } from './explore.ts';
import { exports_ } from './export.ts';
import { import_ } from './import.ts';
import { settings } from './settings.ts';
import { shell } from './shell.ts';
import { train } from './train.ts';

export const zh: Record<keyof typeof en, string> = {
  ...shell,
  ...import_,
  ...train,
  ...explore,
  ...compress,
  ...exports_,
  ...settings,
};
