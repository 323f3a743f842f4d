// Simplified Chinese texts of the settings screen.
import type { settings as english } from '../en/settings.ts';

export const settings: Record<keyof typeof english, string> = {
  'screen.settings': '设置',
};
