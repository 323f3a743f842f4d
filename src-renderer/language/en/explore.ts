// English texts of the explore screen.
export const explore = {
  'screen.explore': 'Explore',
} as const;
