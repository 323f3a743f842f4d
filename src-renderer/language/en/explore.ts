// English texts of the explore screen.
export const explore = {
  'screen.explore': 'Explore',
  'explore.none.title': 'No map yet',
  'explore.none.text': 'Train on a data set first; every image is then a point here.',
  'explore.run': 'Run',
  'explore.method': 'Map',
  'explore.umap.none': 'UMAP takes a while and starts when you say so.',
  'explore.umap.start': 'Lay out with UMAP',
  'explore.points': 'All {count} images, coloured by label',
} as const;
