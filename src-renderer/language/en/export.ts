// English texts of the export screen.
export const exports_ = {
  'screen.export': 'Export',
} as const;
