// English texts of the train screen.
export const train = {
  'screen.train': 'Train',
} as const;
