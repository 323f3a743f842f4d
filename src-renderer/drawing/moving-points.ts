// A small map whose points move from where they are to where they belong next, on a plain canvas: of a thousand points at most,
// for which a layer of WebGL would be more than they need. Picks nothing.
import { automaticLook, mixedOrder } from './points-style.ts';
import { boundsOf, fitView, type Size, toScreen } from './view.ts';

/** Shorter than the time between steps that are played: no step is left out. */
const moveMs = 160;
/** Room for the dots at the edge. */
const edge = 10;

export interface Places {
  /** float32 N×2. */
  xy: Float32Array;
  /** Of every point: index into the palette. */
  colors: Uint8Array;
  palette: readonly string[];
}

export class MovingPoints {
  readonly #canvas: HTMLCanvasElement;
  readonly #resized: ResizeObserver;
  #size: Size = { width: 0, height: 0 };
  #places: Places | null = null;
  /** Where points are drawn, where they began to move, and since when; null at rest. */
  #xy: Float32Array = new Float32Array();
  #move: { from: Float32Array; since: number } | null = null;
  #order: Uint32Array = new Uint32Array();
  #frame = 0;

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    this.#resized = new ResizeObserver(() => this.#resize());
    this.#resized.observe(canvas);
  }

  /** Other points than before, or a person who wants no motion: they are there at once. */
  show(places: Places): void {
    const { xy } = places;
    const moves = xy !== this.#places?.xy && xy.length === this.#xy.length;
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    if (moves && !still) this.#move = { from: this.#xy.slice(), since: performance.now() };
    else if (xy !== this.#places?.xy) this.#jump(xy);
    this.#places = places;
    this.#soon();
  }

  destroy(): void {
    cancelAnimationFrame(this.#frame);
    this.#resized.disconnect();
  }

  #jump(xy: Float32Array): void {
    this.#xy = xy.slice();
    this.#move = null;
    if (this.#order.length !== xy.length / 2) this.#order = mixedOrder(xy.length / 2);
  }

  #resize(): void {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    // A screen that is not shown has no size, and comes back as it was.
    if (width === 0 || height === 0) return;
    this.#size = { width, height };
    this.#canvas.width = Math.round(width * devicePixelRatio);
    this.#canvas.height = Math.round(height * devicePixelRatio);
    this.#draw();
  }

  #soon(): void {
    this.#frame ||= requestAnimationFrame((now) => {
      this.#frame = 0;
      this.#step(now);
      this.#draw();
      if (this.#move) this.#soon();
    });
  }

  #step(now: number): void {
    if (this.#move === null || this.#places === null) return;
    const { from, since } = this.#move;
    const { xy } = this.#places;
    const share = Math.min(1, Math.max(0, (now - since) / moveMs));
    const eased = 1 - (1 - share) ** 2;
    for (let at = 0; at < xy.length; at++) this.#xy[at] = from[at]! + eased * (xy[at]! - from[at]!);
    if (share === 1) this.#move = null;
  }

  #draw(): void {
    const context = this.#canvas.getContext('2d');
    if (context === null || this.#places === null || this.#size.width === 0) return;
    const { colors, palette } = this.#places;
    const view = fitView(boundsOf(this.#xy), this.#size, edge);
    const { size, opacity } = automaticLook(this.#order.length, this.#size, view, view);
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.clearRect(0, 0, this.#size.width, this.#size.height);
    context.globalAlpha = opacity;
    for (const row of this.#order) {
      const [x, y] = toScreen(view, this.#size, this.#xy[2 * row]!, this.#xy[2 * row + 1]!);
      context.fillStyle = palette[colors[row]!]!;
      context.beginPath();
      context.arc(x, y, size / 2, 0, 2 * Math.PI);
      context.fill();
    }
  }
}
