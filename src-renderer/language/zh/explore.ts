// Simplified Chinese texts of the explore screen.
import type { explore as english } from '../en/explore.ts';

export const explore: Record<keyof typeof english, string> = {
  'screen.explore': '探索',
};
