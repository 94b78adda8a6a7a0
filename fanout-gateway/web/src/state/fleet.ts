import { STATUSES, type NodeView, type Status } from '../api/types';
import { sortKey } from './natural-order';

export interface Entry {
  node: NodeView;
  /** Lower-case text that a search looks through. */
  haystack: string;
  sortKey: string;
}

/**
 * The nodes that this user may see, built from frames. Pure: it draws nothing and waits for nothing.
 *
 * A node replaces an older version of itself and never a newer one. A removal is remembered until the next snapshot
 * begins, so that a snapshot frame that was read before the removal cannot bring the node back.
 */
export class Fleet {
  readonly entries = new Map<string, Entry>();
  /** Grows when the set of nodes, or a node's name, labels or status changed. Lists are recreated only then. */
  shape = 0;
  /** Whether a whole snapshot has been received. */
  complete = false;
  private readonly counted = new Map<Status, number>();
  private readonly removed = new Map<string, number>();
  private stillThere: Set<string> | null = null;
  /** All entries by name; null if a name or the membership changed since. */
  private byName: Entry[] | null = null;

  /** A snapshot follows. The shown nodes stay until its last frame; nodes that it does not name are removed then. */
  beginSnapshot(): void {
    this.complete = false;
    this.removed.clear();
    this.stillThere = new Set();
  }

  snapshot(nodes: NodeView[], last: boolean): void {
    for (const node of nodes) this.upsert(node);
    if (!last) return;
    if (this.stillThere !== null) {
      for (const nodeId of [...this.entries.keys()]) if (!this.stillThere.has(nodeId)) this.drop(nodeId);
    }
    this.stillThere = null;
    this.removed.clear();
    this.complete = true;
    this.shape++;
  }

  /** Returns whether the node was taken; false if the known one is newer. */
  upsert(node: NodeView): boolean {
    const removedAt = this.removed.get(node.nodeId);
    if (removedAt !== undefined && node.version <= removedAt) return false;
    this.stillThere?.add(node.nodeId);
    const known = this.entries.get(node.nodeId);
    if (known === undefined) {
      this.entries.set(node.nodeId, { node, haystack: haystackOf(node), sortKey: sortKey(node.name) });
      this.byName = null;
      this.count(node.status, 1);
      this.shape++;
      return true;
    }
    // A snapshot by another server whose store was lost may count from the beginning again.
    if (node.version < known.node.version && this.stillThere === null) return false;
    const before = known.node;
    known.node = node;
    if (before.status !== node.status) {
      this.count(before.status, -1);
      this.count(node.status, 1);
      this.shape++;
    }
    if (before.name !== node.name || before.hostname !== node.hostname || before.owner !== node.owner
      || !sameLabels(before.labels, node.labels)) {
      known.haystack = haystackOf(node);
      if (before.name !== node.name) {
        known.sortKey = sortKey(node.name);
        this.byName = null;
      }
      this.shape++;
    }
    return true;
  }

  remove(nodeId: string, version: number): void {
    const known = this.entries.get(nodeId);
    if (known !== undefined && known.node.version > version) return;
    this.removed.set(nodeId, version);
    this.stillThere?.delete(nodeId);
    if (known !== undefined) {
      this.drop(nodeId);
      this.shape++;
    }
  }

  get(nodeId: string): NodeView | undefined {
    return this.entries.get(nodeId)?.node;
  }

  /** All nodes in the natural order of their names; sorted again only when that order changed. */
  ordered(): readonly Entry[] {
    this.byName ??= [...this.entries.values()].sort(compareNames);
    return this.byName;
  }

  get size(): number {
    return this.entries.size;
  }

  counts(): Record<Status, number> {
    return Object.fromEntries(STATUSES.map((status) => [status, this.counted.get(status) ?? 0])) as Record<Status, number>;
  }

  clear(): void {
    this.entries.clear();
    this.byName = null;
    this.counted.clear();
    this.removed.clear();
    this.stillThere = null;
    this.complete = false;
    this.shape++;
  }

  private drop(nodeId: string): void {
    const known = this.entries.get(nodeId);
    if (known === undefined) return;
    this.entries.delete(nodeId);
    this.byName = null;
    this.count(known.node.status, -1);
  }

  private count(status: Status, by: number): void {
    this.counted.set(status, (this.counted.get(status) ?? 0) + by);
  }
}

function compareNames(a: Entry, b: Entry): number {
  if (a.sortKey !== b.sortKey) return a.sortKey < b.sortKey ? -1 : 1;
  return a.node.nodeId < b.node.nodeId ? -1 : 1;
}

function haystackOf(node: NodeView): string {
  const labels = Object.entries(node.labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return [node.name, node.nodeId, node.hostname ?? '', node.owner ?? '', ...labels].join('\n').toLowerCase();
}

function sameLabels(a: NodeView['labels'], b: NodeView['labels']): boolean {
  if (a === b) return true;
  const left = Object.entries(a ?? {});
  const right = b ?? {};
  return left.length === Object.keys(right).length && left.every(([key, value]) => right[key] === value);
}
