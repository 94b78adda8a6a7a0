import type { Status } from '../api/types';
import type { Entry, Fleet } from './fleet';

export interface FleetQuery {
  words: string[];
  labels: [key: string, value: string][];
  statuses: ReadonlySet<Status>;
}

export type SortBy = 'name' | 'status' | 'cpu' | 'memory' | 'seen';

const LABEL = /^([A-Za-z0-9][\w./-]*)=(\S*)$/;
const SEVERITY: Record<Status, number> = { OFFLINE: 0, STALE: 1, UNKNOWN: 2, NEVER_SEEN: 3, DISABLED: 4, ONLINE: 5 };

/** Splits what was typed: `env=prod web` looks for nodes with that label and "web" in their name, host, owner or labels. */
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
  for (const entry of fleet.entries.values()) if (matches(entry, query)) found.push(entry);
  found.sort(orders[sortBy]);
  return found.map((entry) => entry.node.nodeId);
}

function byName(a: Entry, b: Entry): number {
  if (a.sortKey !== b.sortKey) return a.sortKey < b.sortKey ? -1 : 1;
  return a.node.nodeId < b.node.nodeId ? -1 : a.node.nodeId > b.node.nodeId ? 1 : 0;
}

function falling(value: (entry: Entry) => number): (a: Entry, b: Entry) => number {
  return (a, b) => value(b) - value(a) || byName(a, b);
}

const orders: Record<SortBy, (a: Entry, b: Entry) => number> = {
  name: byName,
  status: (a, b) => SEVERITY[a.node.status] - SEVERITY[b.node.status] || byName(a, b),
  cpu: falling(({ node }) => (node.status === 'ONLINE' ? (node.vitals?.cpuPercent ?? -1) : -2)),
  memory: falling(({ node }) => (node.status === 'ONLINE' ? memoryShare(node) : -2)),
  seen: falling(({ node }) => (node.lastSeenAt ? Date.parse(node.lastSeenAt) : 0)),
};

function memoryShare(node: Entry['node']): number {
  return node.memoryTotalBytes ? (node.vitals?.memoryUsedBytes ?? 0) / node.memoryTotalBytes : -1;
}
