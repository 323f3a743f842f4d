// Whether the window is light or dark right now: canvases choose their palettes by it.
import type { Theme } from '../../drawing/colors.ts';
import { onThemeChange } from '../../drawing/curves-colors.ts';

const state = $state<{ theme: Theme }>({ theme: currentTheme() });

export function theme(): Theme {
  return state.theme;
}

/** Call once where the theme is used; gives back what ends it. */
export function followTheme(): () => void {
  const look = () => {
    state.theme = currentTheme();
  };
  look();
  return onThemeChange(look);
}

function currentTheme(): Theme {
  const chosen = document.documentElement.dataset.theme;
  if (chosen === 'light' || chosen === 'dark') return chosen;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}
