// Simplified Chinese texts of the settings screen.
import type { settings as english } from '../en/settings.ts';

export const settings: Record<keyof typeof english, string> = {
  'screen.settings': '设置',
  'settings.theme': '外观',
  'settings.theme.system': '跟随系统',
  'settings.theme.light': '浅色',
  'settings.theme.dark': '深色',
  'settings.language': '语言',
  'settings.language.system': '跟随系统',
  'settings.workspace': '工作区',
  'settings.size': '已用 {used}，磁盘剩余 {free}',
  'settings.about': '关于',
  'settings.licences': '许可证',
};
