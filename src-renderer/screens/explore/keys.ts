// Keys of the explore screen, as the list of shortcuts shows them.
import type { Tool } from '../../drawing/points-gestures.ts';
import { t } from '../../language/index.svelte.ts';
import type { Shortcut } from '../../shortcuts.svelte.ts';
import { explore } from './explore.svelte.ts';

const group = () => t('explore.keys');

/** Those without anything to run are the map's own, while it has the focus. */
export const exploreShortcuts: Shortcut[] = [
  { keys: '← ↑ ↓ →', title: () => t('explore.keys.go'), group },
  { keys: 'shift+← ↑ ↓ →', title: () => t('explore.keys.pan'), group },
  { keys: '+ − 0', title: () => t('explore.keys.zoom'), group },
  { keys: ' ', title: () => t('explore.keys.toggle'), group },
  { keys: '↵', title: () => t('explore.keys.enlarge'), group },
  { keys: 'shift', title: () => t('explore.keys.add'), group },
  { keys: 'alt', title: () => t('explore.keys.subtract'), group },
  { keys: 'mod+a', title: () => t('explore.keys.all'), group, run: () => explore.selectAll('replace') },
  { keys: 'mod+z', title: () => t('explore.keys.undo'), group, run: () => explore.undo() },
  { keys: 'l', title: () => t('explore.keys.lasso'), group, run: () => choose('lasso') },
  { keys: 'r', title: () => t('explore.keys.rectangle'), group, run: () => choose('rectangle') },
  { keys: 'h', title: () => t('explore.keys.hand'), group, run: () => choose('pan') },
];

function choose(tool: Tool): void {
  explore.tool = tool;
}
