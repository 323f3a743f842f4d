// English texts of the settings screen.
export const settings = {
  'screen.settings': 'Settings',
} as const;
