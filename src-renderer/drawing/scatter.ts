// Points on a canvas, coloured by group. Draws everything at once; picking and zooming are elsewhere.

/** Draws `xy` (N×2, about −1…1, y up) with the colour of each point's group; −1 takes the last colour. */
export function drawScatter(
  canvas: HTMLCanvasElement,
  xy: Float32Array,
  groups: Int32Array,
  colors: readonly string[],
): void {
  const scale = globalThis.devicePixelRatio;
  const side = Math.round(canvas.clientWidth * scale);
  canvas.width = side;
  canvas.height = side;
  const context = canvas.getContext('2d')!;
  const radius = Math.max(1, Math.min(4, 90 / Math.sqrt(groups.length))) * scale;
  const place = (value: number) => (0.5 + 0.47 * value) * side;
  for (const [group, color] of colors.entries()) {
    context.fillStyle = color;
    context.beginPath();
    for (let row = 0; row < groups.length; row++) {
      const own = groups[row]! < 0 ? colors.length - 1 : groups[row]! % colors.length;
      if (own !== group) continue;
      context.rect(place(xy[2 * row]!) - radius / 2, place(-xy[2 * row + 1]!) - radius / 2, radius, radius);
    }
    context.fill();
  }
}
