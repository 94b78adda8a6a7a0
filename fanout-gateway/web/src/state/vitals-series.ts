import type { NodeView, Vitals } from '../api/types';

/** Samples kept for each node: an hour at a heartbeat every 10 s. */
export const SAMPLES_MAX = 360;
/** Nodes whose samples are kept, about 18 KB each; the least recently used go first. */
export const NODES_MAX = 1_000;

export type Metric = 'cpu' | 'memory' | 'load' | 'disk';
const METRICS: readonly Metric[] = ['cpu', 'memory', 'load', 'disk'];

/** One node's last samples, in rings. Times are milliseconds since 1970; cpu, memory and disk are percent. */
export class Series {
  length = 0;
  private next = 0;
  private latest: Vitals | null = null;
  private readonly times = new Float64Array(SAMPLES_MAX);
  private readonly values: Record<Metric, Float64Array>;

  constructor() {
    this.values = Object.fromEntries(METRICS.map((m) => [m, new Float64Array(SAMPLES_MAX)])) as Record<Metric, Float64Array>;
  }

  /** Adds the node's vitals unless they are already there. `lastSeenAt` is coarse: new values may have an old time. */
  add(node: NodeView): boolean {
    if (!node.vitals || !node.lastSeenAt || node.vitals === this.latest) return false;
    const seen = Date.parse(node.lastSeenAt);
    if (!Number.isFinite(seen)) return false;
    if (seen <= this.lastTime && sameVitals(node.vitals, this.latest)) return false;
    const time = seen > this.lastTime ? seen : this.lastTime + 1_000;
    const v = node.vitals;
    this.latest = v;
    this.times[this.next] = time;
    this.values.cpu[this.next] = v.cpuPercent ?? NaN;
    this.values.memory[this.next] = percent(v.memoryUsedBytes, node.memoryTotalBytes);
    this.values.load[this.next] = v.load1 ?? NaN;
    this.values.disk[this.next] = percent(v.diskUsedBytes, v.diskTotalBytes);
    this.next = (this.next + 1) % SAMPLES_MAX;
    this.length = Math.min(this.length + 1, SAMPLES_MAX);
    return true;
  }

  get lastTime(): number {
    return this.length === 0 ? -Infinity : this.times[(this.next + SAMPLES_MAX - 1) % SAMPLES_MAX]!;
  }

  /** The last `count` samples, oldest first. */
  read(metric: Metric, count = SAMPLES_MAX): { time: number; value: number }[] {
    const n = Math.min(count, this.length);
    const samples = new Array<{ time: number; value: number }>(n);
    for (let i = 0; i < n; i++) {
      const at = (this.next - n + i + SAMPLES_MAX) % SAMPLES_MAX;
      samples[i] = { time: this.times[at]!, value: this.values[metric][at]! };
    }
    return samples;
  }
}

/** The series of all nodes of a small fleet; in a large fleet, of the nodes that the user has looked at. */
export class SeriesBook {
  private readonly series = new Map<string, Series>();

  /** New vitals of a node: kept if the node has a series or there is room for one more. */
  record(node: NodeView): void {
    let one = this.series.get(node.nodeId);
    if (one === undefined) {
      if (this.series.size >= NODES_MAX) return;
      one = new Series();
      this.series.set(node.nodeId, one);
    }
    one.add(node);
  }

  /** The series of a node on the screen. If there is none, it is created in place of the least recently used one. */
  use(node: NodeView): Series {
    let one = this.series.get(node.nodeId);
    if (one === undefined) {
      if (this.series.size >= NODES_MAX) this.series.delete(this.series.keys().next().value!);
      one = new Series();
      one.add(node);
    } else {
      this.series.delete(node.nodeId);
    }
    this.series.set(node.nodeId, one);
    return one;
  }

  forget(nodeId: string): void {
    this.series.delete(nodeId);
  }
}

function percent(used: number | null | undefined, total: number | null | undefined): number {
  return total ? (100 * (used ?? 0)) / total : NaN;
}

function sameVitals(a: Vitals, b: Vitals | null): boolean {
  return b !== null && a.cpuPercent === b.cpuPercent && a.memoryUsedBytes === b.memoryUsedBytes
    && a.load1 === b.load1 && a.diskUsedBytes === b.diskUsedBytes;
}
