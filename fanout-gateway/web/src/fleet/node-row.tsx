import { runningCount, type NodeView } from '../api/types';
import { now, vitals } from '../state/app-state';
import { hashOf } from '../state/router';
import { ago, percent } from '../ui/format';
import { Sparkline } from '../ui/sparkline';
import { STATUS_NAMES, StatusDot } from '../ui/status';

interface Props {
  node: NodeView;
  top: number;
  index: number;
  total: number;
  shown: boolean;
  active: boolean;
}

export const ROW_HEIGHT = 56;
const SPARK_SAMPLES = 40;

export function NodeRow({ node, top, index, total, shown, active }: Props) {
  const online = node.status === 'ONLINE';
  const memory = node.memoryTotalBytes ? (100 * (node.vitals?.memoryUsedBytes ?? 0)) / node.memoryTotalBytes : null;
  const running = runningCount(node);
  return (
    <a class={`node-row${shown ? ' shown' : ''}${active ? ' active' : ''}`} href={hashOf({ nodeId: node.nodeId })}
      id={`row-${node.nodeId}`} role="option" aria-selected={shown} aria-setsize={total} aria-posinset={index + 1} tabIndex={-1}
      style={{ transform: `translateY(${top}px)` }} data-testid="node-row" data-node-name={node.name}
      data-node-id={node.nodeId} data-status={node.status}>
      <StatusDot status={node.status} />
      <span class="node-row-main">
        <span class="node-row-name">{node.name}</span>
        <span class="node-row-sub">
          {online ? (node.hostname ?? node.nodeId) : `${STATUS_NAMES[node.status] ?? node.status}${node.lastSeenAt ? ` · ${ago(node.lastSeenAt, now.value)}` : ''}`}
        </span>
      </span>
      {running > 0 && <span class="running" title={`${running} running`}>{running}</span>}
      {online && node.vitals && (
        <>
          <Sparkline class="cpu" samples={vitals.use(node).read('cpu', SPARK_SAMPLES)} max={100} width={56} height={24}
            label={`CPU ${percent(node.vitals.cpuPercent)}`} />
          <span class="node-row-figures">
            <span title="CPU">{percent(node.vitals.cpuPercent)}</span>
            <span title="Memory">{percent(memory)}</span>
          </span>
        </>
      )}
    </a>
  );
}
