// Simplified Chinese texts of the export screen.
import type { exports_ as english } from '../en/export.ts';

export const exports_: Record<keyof typeof english, string> = {
  'screen.export': '导出',
};
