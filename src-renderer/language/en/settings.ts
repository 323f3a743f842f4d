// English texts of the settings screen.
export const settings = {
  'screen.settings': 'Settings',
  'settings.theme': 'Appearance',
  'settings.theme.system': 'As the system',
  'settings.theme.light': 'Light',
  'settings.theme.dark': 'Dark',
  'settings.language': 'Language',
  'settings.language.system': 'As the system',
  'settings.workspace': 'Workspace',
  'settings.size': '{used} used, {free} free on its disk',
  'settings.about': 'About',
  'settings.licences': 'Licences',
} as const;
