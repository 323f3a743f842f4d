// Which part of a long table is on the screen. Knows no DOM.

/** Browsers cut elements that are taller than about 16 or 33 million pixels. */
export const tallest = 8_000_000;

export interface Slice {
  /** First row to draw, and how many. */
  readonly first: number;
  readonly count: number;
  /** Where the first row stands, from the top of the scrolled content. */
  readonly top: number;
}

/** Rows drawn beyond both edges, so that a quick scroll does not show bare ground. */
const spare = 6;

/** Height of the scrolled content for so many rows. */
export function contentHeight(rows: number, rowHeight: number): number {
  return Math.min(tallest, rows * rowHeight);
}

/** Pixels that the rows are taller than what can be scrolled, for each pixel scrolled. */
function stretch(rows: number, rowHeight: number, viewHeight: number): number {
  const scrollable = contentHeight(rows, rowHeight) - viewHeight;
  return scrollable <= 0 ? 1 : (rows * rowHeight - viewHeight) / scrollable;
}

/** Where rows are taller than can be scrolled, positions are stretched, and what is drawn keeps its place on the screen. */
export function tableWindow(scrollTop: number, viewHeight: number, rows: number, rowHeight: number): Slice {
  const position = Math.max(0, scrollTop) * stretch(rows, rowHeight, viewHeight);
  const first = Math.max(0, Math.min(rows, Math.floor(position / rowHeight) - spare));
  const count = Math.min(rows - first, Math.ceil(viewHeight / rowHeight) + 2 * spare + 1);
  return { first, count, top: first * rowHeight - position + Math.max(0, scrollTop) };
}

/** Where to scroll so that the row is wholly seen below the header: unchanged where it is. */
export function scrollTo(row: number, scrollTop: number, viewHeight: number, rows: number, rowHeight: number): number {
  const factor = stretch(rows, rowHeight, viewHeight);
  const position = scrollTop * factor;
  const top = row * rowHeight;
  if (top < position) return top / factor;
  if (top + rowHeight > position + viewHeight) return (top + rowHeight - viewHeight) / factor;
  return scrollTop;
}

/** Columns of one width beside others that stay: which of them a part of the width shows. */
export function columnWindow(
  scrollLeft: number,
  viewWidth: number,
  columns: number,
  columnWidth: number,
): { first: number; count: number } {
  const first = Math.max(0, Math.min(columns, Math.floor(scrollLeft / columnWidth) - 1));
  return { first, count: Math.min(columns - first, Math.ceil(Math.max(0, viewWidth) / columnWidth) + 3) };
}
