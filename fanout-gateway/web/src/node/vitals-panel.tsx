import type { NodeView } from '../api/types';
import { fleetVersion, now, vitals } from '../state/app-state';
import { searchText } from '../state/filters';
import type { Metric } from '../state/vitals-series';
import { ago, bytes, clockTime, duration, percent } from '../ui/format';
import { Sparkline } from '../ui/sparkline';

interface Chart {
  metric: Metric;
  title: string;
  value: string;
  detail: string;
  max: number;
}

export function VitalsPanel({ node }: { node: NodeView }) {
  fleetVersion.value;
  const series = vitals.use(node);
  const v = node.vitals;
  if (!v) return <p class="muted">No vitals yet: they come with the first heartbeat.</p>;
  const peakLoad = Math.max(node.cpuCount ?? 1, ...series.read('load').map((s) => s.value || 0));
  const charts: Chart[] = [
    { metric: 'cpu', title: 'CPU', value: percent(v.cpuPercent), detail: node.cpuCount ? `${node.cpuCount} cores` : '', max: 100 },
    {
      metric: 'memory', title: 'Memory', max: 100,
      value: node.memoryTotalBytes ? percent((100 * (v.memoryUsedBytes ?? 0)) / node.memoryTotalBytes) : bytes(v.memoryUsedBytes),
      detail: `${bytes(v.memoryUsedBytes)} of ${bytes(node.memoryTotalBytes)}`,
    },
    { metric: 'load', title: 'Load', value: figure(v.load1), detail: `5 min ${figure(v.load5)} · 15 min ${figure(v.load15)}`, max: peakLoad },
    {
      metric: 'disk', title: 'Disk', max: 100,
      value: v.diskTotalBytes ? percent((100 * (v.diskUsedBytes ?? 0)) / v.diskTotalBytes) : bytes(v.diskUsedBytes),
      detail: `${bytes(v.diskUsedBytes)} of ${bytes(v.diskTotalBytes)}`,
    },
  ];
  const first = series.read('cpu')[0]?.time;
  const stale = node.status !== 'ONLINE';
  return (
    <div class={`vitals${stale ? ' stale' : ''}`} data-testid="vitals">
      {charts.map(({ metric, title, value, detail, max }) => (
        <div key={metric} class="vital" data-testid={`vital-${metric}`}>
          <div class="row"><span class="vital-title grow">{title}</span><b>{value}</b></div>
          <Sparkline class={metric} samples={series.read(metric)} max={max} width={240} height={40} label={`${title} over time, now ${value}`} />
          <small>{detail}</small>
        </div>
      ))}
      {(v.cpuPercentPerCore?.length ?? 0) > 1 && (
        <div class="vital per-core"><span class="vital-title">CPU of each core</span><div class="cores" role="img" aria-label={`CPU of each core: ${v.cpuPercentPerCore!.map(percent).join(', ')}`}>
          {v.cpuPercentPerCore!.slice(0, 256).map((core, i) => <i key={i} title={`Core ${i}: ${percent(core)}`}><b style={{ height: `${Math.min(100, core)}%` }} /></i>)}
        </div></div>
      )}
      <small class="muted">
        {stale ? `As of ${ago(node.lastSeenAt, now.value)}` : first ? `The last ${duration(now.value - first)}, since this page was opened` : ''}
      </small>
    </div>
  );
}

export function Facts({ node }: { node: NodeView }) {
  const labels = Object.entries(node.labels ?? {});
  const rows: [string, string | null | undefined][] = [
    ['Host', node.hostname],
    ['System', [node.os, node.arch].filter(Boolean).join(' · ')],
    ['Agent', node.agentVersion],
    ['Connected', node.connectedSince && node.status === 'ONLINE' ? `for ${duration(now.value - Date.parse(node.connectedSince))}` : null],
    ['Last seen', node.lastSeenAt ? ago(node.lastSeenAt, now.value) : null],
    ['Owner', node.owner],
    ['Groups', (node.groups ?? []).map((g) => (typeof g === 'string' ? g : `${g.name} (${g.role})`)).join(', ')],
    ['Your role', node.role?.toLowerCase()],
    ['Id', node.nodeId],
  ];
  return (
    <dl class="facts">
      {rows.filter(([, value]) => value).map(([name, value]) => (
        <div key={name}><dt>{name}</dt><dd title={name === 'Last seen' ? clockTime(node.lastSeenAt) : undefined}>{value}</dd></div>
      ))}
      {labels.length > 0 && (
        <div><dt>Labels</dt><dd class="labels">{labels.map(([key, value]) => (
          <button key={key} type="button" class="chip" title="Show the nodes with this label" onClick={() => { searchText.value = `${key}=${value}`; }}>{key}={value}</button>
        ))}</dd></div>
      )}
    </dl>
  );
}

function figure(n: number | null | undefined): string {
  return n == null ? '–' : n.toFixed(2);
}
