import { STATUSES, type NodeView } from '../api/types';

export interface Grid {
  columns: number;
  rows: number;
  /** Side of a cell with its gap, in CSS pixels. */
  pitch: number;
}

/**
 * The largest square cells, up to `pitchMax`, with which `count` nodes fit into the box. If no size fits, the first
 * nodes are shown.
 */
export function fit(count: number, width: number, height: number, pitchMax = 22): Grid {
  let pitch = pitchMax;
  while (pitch > 2 && Math.floor(width / pitch) * Math.floor(height / pitch) < count) pitch -= pitch > 6 ? 1 : 0.5;
  const columns = Math.max(1, Math.floor(width / pitch));
  return { columns, rows: Math.ceil(Math.max(1, count) / columns), pitch };
}

/** The index of the node at a point, or -1. */
export function indexAt(grid: Grid, count: number, x: number, y: number): number {
  const column = Math.floor(x / grid.pitch);
  const row = Math.floor(y / grid.pitch);
  const index = row * grid.columns + column;
  return column >= 0 && column < grid.columns && row >= 0 && index < count ? index : -1;
}

/** How busy a node is, from 0 to 3, for the shade of its cell. */
export function heat(node: NodeView): 0 | 1 | 2 | 3 {
  const cpu = node.vitals?.cpuPercent ?? 0;
  return cpu >= 90 ? 3 : cpu >= 60 ? 2 : cpu >= 25 ? 1 : 0;
}

/** Names of the CSS variables that colour a cell. */
export function colourOf(node: NodeView): string {
  if (node.status === 'ONLINE') return `--heat-${heat(node)}`;
  return `--status-${(STATUSES.includes(node.status) ? node.status : 'UNKNOWN').toLowerCase().replace('_', '-')}`;
}
