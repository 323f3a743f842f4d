// Simplified Chinese texts of the train screen.
import type { train as english } from '../en/train.ts';

export const train: Record<keyof typeof english, string> = {
  'screen.train': '训练',
};
