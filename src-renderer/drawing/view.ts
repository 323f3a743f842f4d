// Where a map is looked at: its middle and scale, screen to map and back. Knows no canvas.

/** The map point in the middle of the canvas, and CSS pixels per unit of the map. y of maps points up, of screens down. */
export interface View {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

/** In CSS pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Bounds {
  readonly left: number;
  readonly right: number;
  readonly bottom: number;
  readonly top: number;
}

/** Of all points: outliers too are on the map when it is fitted. */
export function boundsOf(xy: Float32Array): Bounds {
  let [left, right, bottom, top] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let at = 0; at < xy.length; at += 2) {
    const [x, y] = [xy[at]!, xy[at + 1]!];
    if (x < left) left = x;
    if (x > right) right = x;
    if (y < bottom) bottom = y;
    if (y > top) top = y;
  }
  return left <= right ? { left, right, bottom, top } : { left: -1, right: 1, bottom: -1, top: 1 };
}

/** Room around the points of a fitted map, in pixels: pictures of points at the edge are whole, and a lasso can go around them. */
const margin = 36;
/** Of a map whose points all lie on one spot. */
const smallestExtent = 1e-6;

export function fitView({ left, right, bottom, top }: Bounds, { width, height }: Size, edge = margin): View {
  const room = (length: number) => Math.max(1, length - 2 * edge);
  const extent = (length: number) => Math.max(smallestExtent, length);
  const scale = Math.min(room(width) / extent(right - left), room(height) / extent(top - bottom));
  return { x: (left + right) / 2, y: (bottom + top) / 2, scale };
}

export function toScreen(view: View, { width, height }: Size, x: number, y: number): [x: number, y: number] {
  return [width / 2 + (x - view.x) * view.scale, height / 2 - (y - view.y) * view.scale];
}

export function toMap(view: View, { width, height }: Size, x: number, y: number): [x: number, y: number] {
  return [view.x + (x - width / 2) / view.scale, view.y - (y - height / 2) / view.scale];
}

/** The part of the map that is on the canvas. */
export function visible(view: View, size: Size): Bounds {
  const [left, top] = toMap(view, size, 0, 0);
  const [right, bottom] = toMap(view, size, size.width, size.height);
  return { left, right, bottom, top };
}

/** What is dragged stays under the pointer. */
export function pan(view: View, right: number, down: number): View {
  return { ...view, x: view.x - right / view.scale, y: view.y + down / view.scale };
}

// Relative to the fitted map. Positions are 32-bit floats: beyond the larger limit points would jump by whole pixels.
const smallestZoom = 0.4;
const largestZoom = 20_000;

/** What is at the screen position (x, y) stays there. `home` is the fitted view, which the limits relate to. */
export function zoom(view: View, home: View, size: Size, x: number, y: number, factor: number): View {
  const scale = Math.min(home.scale * largestZoom, Math.max(home.scale * smallestZoom, view.scale * factor));
  const [mapX, mapY] = toMap(view, size, x, y);
  return {
    x: mapX - (x - size.width / 2) / scale,
    y: mapY + (y - size.height / 2) / scale,
    scale,
  };
}

/** The view moved just so far that the map point lies inside, this many pixels from the edge; itself where it does. */
export function bringIntoView(view: View, size: Size, x: number, y: number, edge = 40): View {
  const [screenX, screenY] = toScreen(view, size, x, y);
  const outside = (at: number, length: number) => (at < edge ? edge - at : at > length - edge ? length - edge - at : 0);
  const [right, down] = [outside(screenX, size.width), outside(screenY, size.height)];
  // The very same, so that nothing is drawn anew.
  return right === 0 && down === 0 ? view : pan(view, right, down);
}
