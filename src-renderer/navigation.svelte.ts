// Where the window is: screen, and the data set and run it looks at. Kept in the address, so that reload and back work.
export const screens = ['import', 'train', 'explore', 'compress', 'export', 'settings'] as const;
export type Screen = (typeof screens)[number];

export interface Place {
  screen: Screen;
  datasetId: string | null;
  runId: string | null;
  /** Path of the archive that the compress screen looks into. */
  archive: string | null;
}

export const place = $state<Place>(readPlace());

/** Changes what is named and stays where it is otherwise. */
export function go(to: Partial<Place>): void {
  const before = writePlace(place);
  Object.assign(place, to);
  const after = writePlace(place);
  if (after !== before) history.pushState(null, '', after);
}

/** What stands in the address when the window is there. */
export function addressOf(to: Partial<Place>): string {
  return writePlace({ ...place, ...to });
}

/** Follows the browser's back and forward buttons. */
export function followHistory(): () => void {
  const follow = () => Object.assign(place, readPlace());
  addEventListener('popstate', follow);
  return () => removeEventListener('popstate', follow);
}

function readPlace(): Place {
  const [path = '', query = ''] = location.hash.replace(/^#\/?/, '').split('?');
  const words = new URLSearchParams(query);
  return {
    screen: (screens as readonly string[]).includes(path) ? (path as Screen) : 'import',
    datasetId: words.get('dataset'),
    runId: words.get('run'),
    archive: words.get('archive'),
  };
}

function writePlace({ screen, datasetId, runId, archive }: Place): string {
  const words = new URLSearchParams();
  if (datasetId) words.set('dataset', datasetId);
  if (runId) words.set('run', runId);
  if (archive) words.set('archive', archive);
  return `#/${screen}${words.size > 0 ? `?${words}` : ''}`;
}
