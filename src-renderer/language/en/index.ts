// English: the language that the keys are taken from. One file for each screen.
import { compress } from './compress.ts';
import { explore } from './explore.ts';
import { exports_ } from './export.ts';
import { import_ } from './import.ts';
import { settings } from './settings.ts';
import { shell } from './shell.ts';
import { train } from './train.ts';

export const en = { ...shell, ...import_, ...train, ...explore, ...compress, ...exports_, ...settings };
