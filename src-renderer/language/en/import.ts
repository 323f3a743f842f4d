// English texts of the import screen.
export const import_ = {
  'screen.import': 'Import',
} as const;
