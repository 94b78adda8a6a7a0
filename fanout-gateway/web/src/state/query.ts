import type { NodeView, Status } from '../api/types';
import type { Entry, Fleet } from './fleet';

export interface FleetQuery {
  words: string[];
  labels: [key: string, value: string][];
  statuses: ReadonlySet<Status>;
}

export const SORTS = ['name', 'status', 'cpu', 'memory', 'seen'] as const;
export type SortBy = (typeof SORTS)[number];

const LABEL = /^([A-Za-z0-9][\w./-]*)=(\S*)$/;
const SEVERITY: Record<Status, number> = { OFFLINE: 0, STALE: 1, UNKNOWN: 2, NEVER_SEEN: 3, DISABLED: 4, ONLINE: 5 };

/**
 * Splits the typed text: `env=prod web` searches for nodes with that label and "web" in their name, host, owner or
 * labels.
 */
export function parseQuery(text: string, statuses: ReadonlySet<Status> = new Set()): FleetQuery {
  const query: FleetQuery = { words: [], labels: [], statuses };
  for (const token of text.trim().split(/\s+/)) {
    if (token === '') continue;
    const label = LABEL.exec(token);
    if (label && label[2] !== '') query.labels.push([label[1]!, label[2]!]);
    else query.words.push(token.toLowerCase());
  }
  return query;
}

export function isEmpty(query: FleetQuery): boolean {
  return query.words.length === 0 && query.labels.length === 0 && query.statuses.size === 0;
}

export function matches(entry: Entry, query: FleetQuery): boolean {
  if (query.statuses.size > 0 && !query.statuses.has(entry.node.status)) return false;
  for (const [key, value] of query.labels) if (entry.node.labels?.[key] !== value) return false;
  for (const word of query.words) if (!entry.haystack.includes(word)) return false;
  return true;
}

/** The ids of the nodes that match, in order. */
export function select(fleet: Fleet, query: FleetQuery, sortBy: SortBy): string[] {
  const found: Entry[] = [];
  for (const entry of fleet.ordered()) if (matches(entry, query)) found.push(entry);
  if (sortBy === 'name') return found.map((entry) => entry.node.nodeId);
  const key = keys[sortBy];
  // The sort is stable, so equal keys stay in the order of their names.
  return found
    .map(({ node }) => ({ id: node.nodeId, key: key(node) }))
    .sort((a, b) => a.key - b.key)
    .map(({ id }) => id);
}

const keys: Record<Exclude<SortBy, 'name'>, (node: NodeView) => number> = {
  status: (node) => SEVERITY[node.status] ?? 2,
  cpu: (node) => -(node.status === 'ONLINE' ? (node.vitals?.cpuPercent ?? -1) : -2),
  memory: (node) => -(node.status === 'ONLINE' ? memoryShare(node) : -2),
  seen: (node) => -(node.lastSeenAt ? Date.parse(node.lastSeenAt) : 0),
};

function memoryShare(node: NodeView): number {
  return node.memoryTotalBytes ? (node.vitals?.memoryUsedBytes ?? 0) / node.memoryTotalBytes : -1;
}
