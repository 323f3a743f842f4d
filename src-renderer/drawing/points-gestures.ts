// What pointer and wheel mean on a map: pan, zoom, hover, click, lasso or rectangle. Knows neither points nor selection.

export type Tool = 'pan' | 'lasso' | 'rectangle';
export type LassoMode = 'replace' | 'add' | 'subtract';

export interface GestureHandlers {
  /** What a plain drag does. With Shift or Alt a drag selects in any case: by a lasso where this is none of both shapes. */
  tool(): Tool;
  /** Whether a plain wheel zooms; else it scrolls the page, and only with Control or a pinch it zooms. */
  wheelZooms(): boolean;
  pan(right: number, down: number): void;
  zoom(x: number, y: number, factor: number): void;
  /** Null when the pointer has left. */
  hover(at: { x: number; y: number } | null): void;
  click(x: number, y: number, toggles: boolean): void;
  /** The line around what will be enclosed so far, x and y in turn: of a rectangle its corners. Null when it was given up. */
  lasso(line: readonly number[] | null): void;
  enclose(line: readonly number[], mode: LassoMode): void;
  /** The space bar was pressed and nothing was dragged meanwhile. */
  press(): void;
}

/** A pointer that moves less is a click with a trembling hand. */
const clickReach = 4;
/** Corners of a lasso nearer than this add nothing. */
const cornerDistance = 3;
/** A wheel's notch of 100 pixels zooms by a fifth. */
const zoomPerPixel = 0.0018;
const pinchFactor = 5;

type Drag =
  | { kind: 'undecided'; x: number; y: number; lasso: LassoMode | null; toggles: boolean }
  | { kind: 'pan'; x: number; y: number }
  | { kind: 'lasso' | 'rectangle'; line: number[]; mode: LassoMode }
  | { kind: 'pinch'; distance: number; x: number; y: number };

/** Positions are CSS pixels from the element's corner. */
export class Gestures {
  readonly #element: HTMLElement;
  readonly #handlers: GestureHandlers;
  readonly #controller = new AbortController();
  readonly #pointers = new Map<number, { x: number; y: number }>();
  #drag: Drag | null = null;
  #space: 'up' | 'down' | 'dragged' = 'up';

  constructor(element: HTMLElement, handlers: GestureHandlers) {
    this.#element = element;
    this.#handlers = handlers;
    const { signal } = this.#controller;
    element.addEventListener('pointerdown', (event) => this.#down(event), { signal });
    element.addEventListener('pointermove', (event) => this.#move(event), { signal });
    element.addEventListener('pointerup', (event) => this.#up(event), { signal });
    element.addEventListener('pointercancel', (event) => this.#cancel(event), { signal });
    element.addEventListener('pointerleave', () => handlers.hover(null), { signal });
    element.addEventListener('wheel', (event) => this.#wheel(event), { signal, passive: false });
    element.addEventListener('keydown', (event) => this.#keyDown(event), { signal });
    element.addEventListener('keyup', (event) => this.#keyUp(event), { signal });
    element.addEventListener('blur', () => this.#release(), { signal });
  }

  destroy(): void {
    this.#controller.abort();
  }

  /** Gives up a lasso or rectangle that is being drawn; false where there is none. */
  giveUp(): boolean {
    if (this.#drag?.kind !== 'lasso' && this.#drag?.kind !== 'rectangle') return false;
    this.#drag = null;
    this.#handlers.lasso(null);
    return true;
  }

  #position(event: MouseEvent): { x: number; y: number } {
    const { left, top } = this.#element.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }

  #down(event: PointerEvent): void {
    if (event.button > 1) return;
    const { x, y } = this.#position(event);
    this.#element.setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, { x, y });
    if (this.#pointers.size === 2) {
      this.giveUp();
      this.#drag = { kind: 'pinch', ...this.#pinch() };
      return;
    }
    const pans = event.button === 1 || this.#space !== 'up';
    const mode = event.shiftKey ? 'add' : event.altKey ? 'subtract' : 'replace';
    const lasso = pans || (mode === 'replace' && this.#handlers.tool() === 'pan') ? null : mode;
    // A middle button would start the browser's own scrolling.
    if (event.button === 1) event.preventDefault();
    this.#drag = { kind: 'undecided', x, y, lasso, toggles: event.shiftKey || event.ctrlKey || event.metaKey };
  }

  #move(event: PointerEvent): void {
    const { x, y } = this.#position(event);
    if (!this.#pointers.has(event.pointerId)) {
      this.#handlers.hover({ x, y });
      return;
    }
    this.#pointers.set(event.pointerId, { x, y });
    const drag = this.#drag;
    if (drag?.kind === 'undecided' && Math.hypot(x - drag.x, y - drag.y) > clickReach) this.#decide(drag);
    const decided = this.#drag;
    if (decided?.kind === 'pan') {
      this.#handlers.pan(x - decided.x, y - decided.y);
      this.#drag = { kind: 'pan', x, y };
    } else if (decided?.kind === 'lasso') this.#extend(decided.line, event);
    else if (decided?.kind === 'rectangle') this.#stretch(decided.line, x, y);
    else if (decided?.kind === 'pinch') this.#pinched(decided);
  }

  #decide({ x, y, lasso }: Extract<Drag, { kind: 'undecided' }>): void {
    this.#handlers.hover(null);
    if (this.#space === 'down') this.#space = 'dragged';
    const kind = this.#handlers.tool() === 'rectangle' ? 'rectangle' : 'lasso';
    this.#drag = lasso === null ? { kind: 'pan', x, y } : { kind, line: [x, y], mode: lasso };
  }

  /** Corners in turn, of which the first is where the drag began. */
  #stretch(line: number[], x: number, y: number): void {
    const [startX, startY] = [line[0]!, line[1]!];
    line.splice(0, line.length, startX, startY, x, startY, x, y, startX, y);
    this.#handlers.lasso(line);
  }

  #extend(line: number[], event: PointerEvent): void {
    // A fast pointer is seen more often than frames are drawn.
    const events = event.getCoalescedEvents?.() ?? [];
    for (const one of events.length > 0 ? events : [event]) {
      const { x, y } = this.#position(one);
      if (Math.hypot(x - line.at(-2)!, y - line.at(-1)!) >= cornerDistance) line.push(x, y);
    }
    this.#handlers.lasso(line);
  }

  #pinch(): { distance: number; x: number; y: number } {
    const [one, other] = [...this.#pointers.values()];
    return {
      distance: Math.max(1, Math.hypot(one!.x - other!.x, one!.y - other!.y)),
      x: (one!.x + other!.x) / 2,
      y: (one!.y + other!.y) / 2,
    };
  }

  #pinched(before: Extract<Drag, { kind: 'pinch' }>): void {
    const now = this.#pinch();
    this.#handlers.pan(now.x - before.x, now.y - before.y);
    this.#handlers.zoom(now.x, now.y, now.distance / before.distance);
    this.#drag = { kind: 'pinch', ...now };
  }

  #up(event: PointerEvent): void {
    if (!this.#pointers.delete(event.pointerId)) return;
    const drag = this.#drag;
    this.#drag = null;
    if (drag?.kind === 'undecided') this.#handlers.click(drag.x, drag.y, drag.toggles);
    if (drag?.kind !== 'lasso' && drag?.kind !== 'rectangle') return;
    this.#handlers.lasso(null);
    this.#handlers.enclose(drag.line, drag.mode);
  }

  #cancel(event: PointerEvent): void {
    this.#pointers.delete(event.pointerId);
    this.giveUp();
    this.#drag = null;
  }

  #wheel(event: WheelEvent): void {
    // Pinches of a touchpad arrive as a wheel with Control.
    if (!event.ctrlKey && !this.#handlers.wheelZooms()) return;
    event.preventDefault();
    if (this.#drag !== null) return;
    const { x, y } = this.#position(event);
    const unit = event.deltaMode === 1 ? 20 : event.deltaMode === 2 ? 400 : 1;
    const pixels = event.deltaY * unit * (event.ctrlKey && Math.abs(event.deltaY) < 50 ? pinchFactor : 1);
    this.#handlers.zoom(x, y, Math.exp(-pixels * zoomPerPixel));
  }

  #keyDown(event: KeyboardEvent): void {
    if (event.key !== ' ' || event.target !== this.#element) return;
    event.preventDefault();
    if (this.#space === 'up') this.#space = 'down';
  }

  #keyUp(event: KeyboardEvent): void {
    if (event.key !== ' ') return;
    if (this.#space === 'down' && this.#drag === null) this.#handlers.press();
    this.#release();
  }

  #release(): void {
    this.#space = 'up';
  }
}
