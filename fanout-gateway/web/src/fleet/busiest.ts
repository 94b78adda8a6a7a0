import type { NodeView } from '../api/types';
import type { Entry } from '../state/fleet';

/** The online nodes with the most CPU, highest first; one pass, for fleets of any size. */
export function busiest(entries: Iterable<Entry>, count: number): NodeView[] {
  const top: NodeView[] = [];
  let least = -1;
  for (const { node } of entries) {
    if (node.status !== 'ONLINE') continue;
    const cpu = cpuOf(node);
    if (top.length >= count && cpu <= least) continue;
    let at = top.length;
    while (at > 0 && cpuOf(top[at - 1]!) < cpu) at--;
    top.splice(at, 0, node);
    if (top.length > count) top.pop();
    least = cpuOf(top[top.length - 1]!);
  }
  return top;
}

export function cpuOf(node: NodeView): number {
  return node.vitals?.cpuPercent ?? 0;
}
