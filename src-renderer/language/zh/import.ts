// Simplified Chinese texts of the import screen.
import type { import_ as english } from '../en/import.ts';

export const import_: Record<keyof typeof english, string> = {
  'screen.import': '导入',
};
