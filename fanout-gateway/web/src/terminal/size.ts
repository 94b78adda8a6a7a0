/** Fallback if nothing was measured yet. */
const DEFAULT = { cols: 100, rows: 30 };
let measured: { cols: number; rows: number } | null = null;

export interface Size {
  cols: number;
  rows: number;
}

/** The size for a new shell: that of the pane, as last measured, else estimated from the window. */
export function proposedSize(): Size {
  if (measured) return measured;
  const pane = document.querySelector('.tab-body')?.getBoundingClientRect();
  if (!pane || pane.width < 100) return DEFAULT;
  return { cols: clamp(Math.floor((pane.width - 24) / 7.85), 20, 300), rows: clamp(Math.floor((pane.height - 60) / 17), 8, 120) };
}

export function rememberSize(size: Size): void {
  measured = size;
}

/** The font size at which `cols` columns fit into `width`, never over `most` nor so small that it cannot be read. */
export function fontFor(cols: number, width: number, most: number, least = 8): number {
  const perPixel = 0.602; // width of a cell of a monospaced font, as a share of its size
  return clamp(Math.floor((width / (cols * perPixel)) * 2) / 2, least, most);
}

function clamp(n: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, n));
}
