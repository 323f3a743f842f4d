// Where the keyboard goes on when what had the focus is gone: beside where it was, never back to the top of the page.

/** What the keyboard reaches, as far as this window has it. */
const reachable = 'button, input, select, textarea, summary, a[href], [tabindex="0"]';

/** The components that give the focus back themselves, as dialogs do, are done by then. */
const othersFirstMs = 60;

interface Step {
  element: Element;
  /** Its siblings before it, nearest first: others of them may come and go with it, so that a number would not say its place. */
  before: Element[];
}

/** Watches until the returned function is called. */
export function keepFocus(): () => void {
  let path: Step[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const remember = (event: FocusEvent) => {
    path = pathOf(event.target as Element);
  };
  const check = () => {
    clearTimeout(timer);
    if (path[0] && !path[0].element.isConnected)
      timer = setTimeout(() => isLost() && nextOn(path)?.focus(), othersFirstMs);
  };
  const observer = new MutationObserver(check);
  observer.observe(document.body, { childList: true, subtree: true });
  addEventListener('focusin', remember);
  return () => {
    clearTimeout(timer);
    observer.disconnect();
    removeEventListener('focusin', remember);
  };
}

/** To the title of the screen that is shown: the one that was left has taken its focus along. */
export function focusTitle(): void {
  if (!isLost()) return;
  const title = [...document.querySelectorAll<HTMLElement>('#content h1')].find((one) => one.checkVisibility());
  title?.setAttribute('tabindex', '-1');
  (title ?? document.getElementById('content'))?.focus();
}

function isLost(): boolean {
  const { activeElement } = document;
  return activeElement === null || activeElement === document.body || !activeElement.checkVisibility();
}

/** From an element to the body. */
function pathOf(element: Element): Step[] {
  const path: Step[] = [];
  for (let at: Element | null = element; at && at !== document.body; at = at.parentElement) {
    const siblings = [...(at.parentElement?.children ?? [])];
    path.push({ element: at, before: siblings.slice(0, siblings.indexOf(at)).toReversed() });
  }
  return path;
}

/** The nearest thing after, else before the place that the removed part of the path had. */
function nextOn(path: readonly Step[]): HTMLElement | null {
  const kept = path.findIndex(({ element }) => element.isConnected);
  for (let level = Math.max(1, kept); level < path.length; level++) {
    const children = [...path[level]!.element.children];
    const elder = path[level - 1]!.before.find((one) => children.includes(one));
    const index = elder ? children.indexOf(elder) + 1 : 0;
    for (const child of [...children.slice(index), ...children.slice(0, index).toReversed()]) {
      const found = [child, ...child.querySelectorAll(reachable)].find(canFocus);
      if (found) return found as HTMLElement;
    }
  }
  return document.getElementById('content');
}

function canFocus(element: Element): boolean {
  if (!(element instanceof HTMLElement) || !element.matches(reachable)) return false;
  return element.checkVisibility() && !element.hasAttribute('disabled') && element.tabIndex >= 0;
}
