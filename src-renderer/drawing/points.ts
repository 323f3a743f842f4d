// All points of a map on a WebGL2 canvas: uploaded once, drawn only when something has changed. Where all at once would hold up the
// page, a part of them is seen first, and all of them once they were drawn aside, part by part. Picks nothing.
import { paletteBytes } from './colors.ts';
import { makeProgram, type Uniforms } from './points-shaders.ts';
import { type Look, mixedOrder, placesByKind, type Styles } from './points-style.ts';
import type { View } from './view.ts';

/** A drawing that takes longer than this is felt while the map is dragged. */
const smoothMilliseconds = 33;
/** So long after the last movement all points are drawn. */
const restMilliseconds = 140;
/** Nobody moves the map while it is filled: its parts may be as much larger, and there are fewer waits between them. */
const restFactor = 2;
/** Fewer at a time show no map. */
const fewestAtOnce = 20_000;

export type PointLayerState = 'drawing' | 'lost' | 'unsupported';

export interface PointLayerOptions {
  /** Called with what was there at the start too. */
  onState(state: PointLayerState): void;
  /** After every drawing, for what lies over the points: how many are seen, which is all soon after nothing moves. */
  onDraw?(points: number): void;
}

/** Names of drivers that draw with the processor: SwiftShader, Mesa's llvmpipe and softpipe, Direct3D's WARP, Apple's software renderer. */
const softwareDrivers = /swiftshader|llvmpipe|softpipe|basic render|software/i;

/** Not drawn by software where there is no need to, but drawn anyhow. */
const contextOptions: WebGLContextAttributes = {
  alpha: true,
  antialias: false,
  depth: false,
  powerPreference: 'high-performance',
};

export class PointLayer {
  readonly #canvas: HTMLCanvasElement;
  readonly #options: PointLayerOptions;
  readonly #gl: WebGL2RenderingContext | null;
  #made: { program: WebGLProgram; uniforms: Uniforms } | null = null;
  #buffers: Record<'positions' | 'styles' | 'places', WebGLBuffer> | null = null;
  #frame = 0;
  #wanted = false;
  /** The drawing that the graphics processor is at: how many points, since when. */
  #fence: { sync: WebGLSync; points: number; since: number } | null = null;
  #slow = false;
  /** Points that are drawn at once; all where that is smooth. */
  #atOnce = Number.POSITIVE_INFINITY;
  /** Where the whole picture is drawn while a part of it is seen. */
  #aside: Aside | null = null;
  /** Points of the whole picture that were drawn aside; null while it is seen. */
  #filled: number | null = null;
  #movedAt = Number.NEGATIVE_INFINITY;
  #rest: ReturnType<typeof setTimeout> | undefined;
  // What is drawn: kept, because a lost context takes all that was uploaded with it.
  #xy: Float32Array = new Float32Array();
  #order: Uint32Array = new Uint32Array();
  #styles: Styles | null = null;
  #palette: readonly string[] = [];
  #ghost = '#808080';
  #view: View = { x: 0, y: 0, scale: 1 };
  #look: Look = { size: 2, opacity: 1 };
  #highlighted = -1;
  #stale = { positions: true, styles: true, palette: true };

  /** No graphics processor draws: moving shows fewer points where there are many. */
  get isSoftware(): boolean {
    const gl = this.#gl;
    const names = gl?.getExtension('WEBGL_debug_renderer_info');
    // Firefox has no such extension any more: its own name of the renderer says as much.
    return gl !== null && softwareDrivers.test(String(gl.getParameter(names?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER)));
  }

  constructor(canvas: HTMLCanvasElement, options: PointLayerOptions) {
    this.#canvas = canvas;
    this.#options = options;
    this.#gl = canvas.getContext('webgl2', contextOptions);
    canvas.addEventListener('webglcontextlost', this.#lose);
    canvas.addEventListener('webglcontextrestored', this.#begin);
    if (this.isSoftware) this.#atOnce = fewestAtOnce;
    if (this.#gl === null) options.onState('unsupported');
    else this.#begin();
  }

  /** float32 N×2; a point at NaN is not drawn. The array is kept, not copied. */
  setPoints(xy: Float32Array): void {
    if (this.#order.length !== xy.length / 2) this.#styles = null;
    this.#xy = xy;
    this.#order = mixedOrder(xy.length / 2);
    this.#stale.positions = true;
    this.#soon();
  }

  /** For as many points as there are; kept, not copied. */
  setStyles(styles: Styles): void {
    this.#styles = styles;
    this.#stale.styles = true;
    this.#soon();
  }

  /** CSS colours `#rrggbb`, at most 255, and that of points that are not shown. */
  setPalette(colors: readonly string[], ghost: string): void {
    this.#palette = colors;
    this.#ghost = ghost;
    this.#stale.palette = true;
    this.#soon();
  }

  setView(view: View): void {
    this.#view = view;
    this.#movedAt = performance.now();
    this.#soon();
  }

  setLook(look: Look): void {
    this.#look = look;
    this.#soon();
  }

  /** Index of a colour whose points stand out for the moment; −1 for none. */
  highlight(color: number): void {
    if (color === this.#highlighted) return;
    this.#highlighted = color;
    this.#soon();
  }

  /** In device pixels. */
  resize(width: number, height: number): void {
    if (this.#canvas.width === width && this.#canvas.height === height) return;
    this.#canvas.width = width;
    this.#canvas.height = height;
    // A canvas is empty after that: in this frame already, or it would flicker.
    this.#draw();
  }

  destroy(): void {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#rest);
    this.#canvas.removeEventListener('webglcontextlost', this.#lose);
    this.#canvas.removeEventListener('webglcontextrestored', this.#begin);
    // Browsers allow few contexts at a time; this one is given back now and not some time later.
    this.#gl?.getExtension('WEBGL_lose_context')?.loseContext();
  }

  readonly #lose = (event: Event) => {
    // Without this it would never be restored.
    event.preventDefault();
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#fence = null;
    this.#made = null;
    this.#aside = null;
    this.#options.onState('lost');
  };

  readonly #begin = () => {
    const gl = this.#gl!;
    this.#made = makeProgram(gl);
    gl.useProgram(this.#made.program);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    this.#buffers = { positions: gl.createBuffer(), styles: gl.createBuffer(), places: gl.createBuffer() };
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#buffers.positions);
    gl.vertexAttribPointer(0, 2, gl.FLOAT, false, 0, 0);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#buffers.styles);
    gl.vertexAttribIPointer(1, 1, gl.UNSIGNED_INT, 0, 0);
    gl.enableVertexAttribArray(0);
    gl.enableVertexAttribArray(1);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.#buffers.places);
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    for (const name of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER])
      gl.texParameteri(gl.TEXTURE_2D, name, gl.NEAREST);
    this.#stale = { positions: true, styles: true, palette: true };
    this.#options.onState('drawing');
    this.#soon();
  };

  #soon(): void {
    this.#wanted = true;
    this.#wake();
  }

  readonly #wake = () => {
    if (this.#frame === 0 && this.#made !== null) this.#frame = requestAnimationFrame(this.#tick);
  };

  /** Runs as long as something is to be drawn, or is being drawn: drawings that pile up would trail behind the pointer. */
  readonly #tick = (now: number) => {
    this.#frame = 0;
    this.#measure(now);
    const busy = this.#fence !== null && (this.#slow || now - this.#fence.since > smoothMilliseconds);
    const rests = performance.now() - this.#movedAt >= restMilliseconds;
    if (this.#wanted && !busy) this.#draw();
    else if (this.#filled !== null && this.#fence === null && rests) this.#drawAside(this.#filled);
    if (this.#wanted || this.#fence !== null || (this.#filled !== null && rests)) this.#wake();
    else if (this.#filled !== null) this.#wakeLater();
  };

  #wakeLater(): void {
    clearTimeout(this.#rest);
    this.#rest = setTimeout(this.#wake, restMilliseconds);
  }

  #measure(now: number): void {
    const gl = this.#gl!;
    if (this.#fence === null || gl.getSyncParameter(this.#fence.sync, gl.SYNC_STATUS) !== gl.SIGNALED) return;
    const { sync, points, since } = this.#fence;
    gl.deleteSync(sync);
    this.#fence = null;
    const taken = Math.max(1, now - since);
    this.#slow = taken > smoothMilliseconds;
    if (points === this.#order.length && !this.#slow) this.#atOnce = Number.POSITIVE_INFINITY;
    else this.#atOnce = Math.max(fewestAtOnce, Math.round((points * smoothMilliseconds) / taken));
  }

  /** As many as are smooth: any part of the mixed order is spread over the whole map. */
  #draw(): void {
    if (this.#gl === null || this.#made === null) return;
    const gl = this.#gl;
    this.#wanted = false;
    this.#upload(gl);
    const all = this.#styles === null ? 0 : this.#order.length;
    const points = Math.min(all, this.#atOnce);
    this.#prepare(gl, this.#made.uniforms, null);
    gl.clear(gl.COLOR_BUFFER_BIT);
    if (points === all) this.#drawAll(gl, 0, all);
    else gl.drawArrays(gl.POINTS, 0, points);
    this.#filled = points < all ? 0 : null;
    this.#watch(gl, points);
    this.#options.onDraw?.(points);
  }

  /** The next points of the whole picture; the last bring it onto the screen. */
  #drawAside(filled: number): void {
    const gl = this.#gl!;
    const all = this.#order.length;
    const { width, height } = this.#canvas;
    if (this.#aside?.width !== width || this.#aside.height !== height)
      this.#aside = asideOf(gl, this.#aside, width, height);
    this.#prepare(gl, this.#made!.uniforms, this.#aside.framebuffer);
    if (filled === 0) gl.clear(gl.COLOR_BUFFER_BIT);
    const points = Math.min(all - filled, restFactor * this.#atOnce);
    this.#drawAll(gl, filled, points);
    this.#filled = filled + points;
    if (this.#filled === all) {
      gl.bindFramebuffer(gl.DRAW_FRAMEBUFFER, null);
      gl.blitFramebuffer(0, 0, width, height, 0, 0, width, height, gl.COLOR_BUFFER_BIT, gl.NEAREST);
      this.#filled = null;
    }
    this.#watch(gl, points);
    if (this.#filled === null) this.#options.onDraw?.(all);
  }

  /** Points of the whole picture, in its order. */
  #drawAll(gl: WebGL2RenderingContext, first: number, points: number): void {
    if (points > 0 && this.#isMixed()) gl.drawElements(gl.POINTS, points, gl.UNSIGNED_INT, 4 * first);
    else gl.drawArrays(gl.POINTS, first, points);
  }

  #watch(gl: WebGL2RenderingContext, points: number): void {
    if (this.#fence === null && points > 0) {
      const sync = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
      if (sync !== null) this.#fence = { sync, points, since: performance.now() };
    }
    gl.flush();
  }

  /** Points of several kinds have to be drawn kind by kind. */
  #isMixed(): boolean {
    return this.#styles!.counts.filter((count) => count > 0).length > 1;
  }

  #upload(gl: WebGL2RenderingContext): void {
    if (this.#stale.positions) {
      gl.bindBuffer(gl.ARRAY_BUFFER, this.#buffers!.positions);
      gl.bufferData(gl.ARRAY_BUFFER, permutePairs(this.#xy, this.#order), gl.STATIC_DRAW);
      this.#stale.positions = false;
    }
    if (this.#stale.styles && this.#styles !== null) {
      const words = permute(this.#styles.words, this.#order);
      gl.bindBuffer(gl.ARRAY_BUFFER, this.#buffers!.styles);
      gl.bufferData(gl.ARRAY_BUFFER, words, gl.DYNAMIC_DRAW);
      if (this.#isMixed())
        gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, placesByKind(words, this.#styles.counts), gl.DYNAMIC_DRAW);
      this.#stale.styles = false;
    }
    if (this.#stale.palette) {
      const bytes = paletteBytes(this.#palette, this.#ghost);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 256, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
      this.#stale.palette = false;
    }
  }

  /** Null for the screen. */
  #prepare(gl: WebGL2RenderingContext, uniforms: Uniforms, framebuffer: WebGLFramebuffer | null): void {
    const { width, height, clientWidth } = this.#canvas;
    gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
    gl.viewport(0, 0, width, height);
    gl.clearColor(0, 0, 0, 0);
    const pixels = clientWidth > 0 ? width / clientWidth : 1;
    const { x, y, scale } = this.#view;
    const size = Math.max(1, this.#look.size * pixels);
    const { opacity } = this.#look;
    const dimmed = (this.#styles?.counts[2] ?? 0) > 0 ? 0.35 : 1;
    gl.uniform2f(uniforms.middle, x, y);
    gl.uniform2f(uniforms.scale, (2 * scale * pixels) / width, (2 * scale * pixels) / height);
    gl.uniform1fv(uniforms.sizes, [Math.max(1, 0.8 * size), size, size + 1.5 * pixels]);
    gl.uniform1fv(uniforms.opacities, [0.12 * opacity, opacity * dimmed, 1]);
    gl.uniform1i(uniforms.highlighted, this.#highlighted);
  }
}

interface Aside {
  framebuffer: WebGLFramebuffer;
  renderbuffer: WebGLRenderbuffer;
  width: number;
  height: number;
}

/** Of this size, in place of one of another size. */
function asideOf(gl: WebGL2RenderingContext, before: Aside | null, width: number, height: number): Aside {
  const { framebuffer, renderbuffer } = before ?? {
    framebuffer: gl.createFramebuffer(),
    renderbuffer: gl.createRenderbuffer(),
  };
  gl.bindRenderbuffer(gl.RENDERBUFFER, renderbuffer);
  gl.renderbufferStorage(gl.RENDERBUFFER, gl.RGBA8, width, height);
  gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
  gl.framebufferRenderbuffer(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.RENDERBUFFER, renderbuffer);
  return { framebuffer, renderbuffer, width, height };
}

/** Outside of every view: what graphics cards make of NaN is not laid down. */
const nowhere = 1e9;

function permutePairs(xy: Float32Array, order: Uint32Array): Float32Array {
  const out = new Float32Array(xy.length);
  for (let at = 0; at < order.length; at++) {
    const [x, y] = [xy[2 * order[at]!]!, xy[2 * order[at]! + 1]!];
    out[2 * at] = Number.isNaN(x) ? nowhere : x;
    out[2 * at + 1] = Number.isNaN(y) ? nowhere : y;
  }
  return out;
}

function permute(words: Uint32Array, order: Uint32Array): Uint32Array {
  const out = new Uint32Array(words.length);
  for (let at = 0; at < order.length; at++) out[at] = words[order[at]!]!;
  return out;
}
