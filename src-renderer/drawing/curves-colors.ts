// Colours of the tokens as a canvas takes them, again after every change of theme. Canvases know no CSS variables.

/** A colour for drawing, from the name of a token such as `--accent`. */
export type ColorOf = (token: string) => string;

/** Resolves the tokens where the element stands; keeps what it has resolved until it is told to forget. */
export function tokenColors(element: HTMLElement): { colorOf: ColorOf; forget(): void } {
  const known = new Map<string, string>();
  // `light-dark()` is resolved only where a property uses it.
  const probe = document.createElement('span');
  probe.hidden = true;
  element.append(probe);
  return {
    colorOf(token) {
      const color = known.get(token) ?? resolve(probe, token);
      known.set(token, color);
      return color;
    },
    forget: () => known.clear(),
  };
}

function resolve(probe: HTMLElement, token: string): string {
  probe.style.color = `var(${token})`;
  return getComputedStyle(probe).color;
}

/** Calls the listener after the theme has changed, by the system or by the person, until the returned function is called. */
export function onThemeChange(listener: () => void): () => void {
  const system = matchMedia('(prefers-color-scheme: dark)');
  const chosen = new MutationObserver(listener);
  system.addEventListener('change', listener);
  chosen.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
  return () => {
    system.removeEventListener('change', listener);
    chosen.disconnect();
  };
}
