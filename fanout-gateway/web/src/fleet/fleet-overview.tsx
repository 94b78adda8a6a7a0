import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { STATUSES, type NodeView, type Status } from '../api/types';
import { openCreateNode } from '../new-node/create-node';
import { fleet, fleetComplete, fleetKnown, fleetShape, fleetVersion, now } from '../state/app-state';
import { go, hashOf } from '../state/router';
import { colours } from '../state/theme';
import { ago, bytes, count, percent } from '../ui/format';
import { Icon } from '../ui/icon';
import { STATUS_NAMES, StatusDot } from '../ui/status';
import { listed, query, statusFilter } from '../state/filters';
import { busiest, cpuOf } from './busiest';
import { colourOf, fit, indexAt, type Grid } from './heat-map';
import { isEmpty, parseQuery, select } from '../state/query';

const ATTENTION_MAX = 8;
const BUSIEST_MAX = 5;

/** The fleet at a glance, redrawn once a second. */
export function FleetOverview() {
  now.value;
  fleetShape.value;
  if (fleet.size === 0 && fleetComplete.value) return <Welcome />;
  const counts = fleet.counts();
  const known = fleetKnown.value;
  const all = fleet.size || 1;
  return (
    <section class="overview" aria-label="Fleet" aria-busy={!known}>
      <h1 class="off-screen">Fleet</h1>
      <div class="tiles">
        {STATUSES.filter((s) => counts[s] > 0 || s === 'ONLINE' || s === 'STALE' || s === 'OFFLINE').map((status) => (
          <button key={status} type="button" class={`tile tile-${status.toLowerCase().replace('_', '-')}${known && counts[status] ? '' : ' none'}`}
            aria-pressed={statusFilter.value.has(status)} data-testid={`count-${status}`}
            onClick={() => (statusFilter.value = new Set(statusFilter.value.has(status) ? [] : [status]))}>
            <span class="tile-number">{known ? count(counts[status]) : '–'}</span>
            <span class="tile-name"><StatusDot status={status} />{STATUS_NAMES[status]}</span>
          </button>
        ))}
      </div>
      <div class="share" aria-hidden="true">
        {known && STATUSES.map((s: Status) => counts[s] > 0 && (
          <span key={s} class={`share-${s.toLowerCase().replace('_', '-')}`} style={{ flexGrow: counts[s] / all }} />
        ))}
      </div>
      <HeatMap />
      <div class="cards">
        {known ? <><Attention /><Busiest /></> : <><Skeleton title="Needs attention" /><Skeleton title="Busiest" /></>}
      </div>
    </section>
  );
}

/** A card whose content is not known yet. */
function Skeleton({ title }: { title: string }) {
  return <div class="card" aria-busy="true"><h2>{title}</h2><p class="skeleton" /><p class="skeleton" /><span class="off-screen">Loading</span></div>;
}

// A component that reads signals is not redrawn with its parent. So each one reads what it shows: the fleet, and for a
// drawing its colours.
function HeatMap() {
  now.value;
  fleetVersion.value;
  colours.value;
  const canvas = useRef<HTMLCanvasElement>(null);
  const grid = useRef<Grid>({ columns: 1, rows: 1, pitch: 22 });
  const over = useSignal<{ node: NodeView; x: number; y: number } | null>(null);
  const width = useSignal(0);
  const wide = width.value;
  const ids = listed.value;
  const heightMax = Math.max(160, Math.min(360, innerHeight * 0.4));

  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => (width.value = Math.floor(entry!.contentRect.width)));
    observer.observe(canvas.current!.parentElement!);
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    const element = canvas.current!;
    if (wide === 0) return;
    const g = (grid.current = fit(ids.length, wide, heightMax));
    const height = Math.min(g.rows * g.pitch, heightMax + g.pitch);
    const scale = devicePixelRatio || 1;
    element.width = wide * scale;
    element.height = height * scale;
    element.style.height = `${height}px`;
    const context = element.getContext('2d')!;
    context.scale(scale, scale);
    const style = getComputedStyle(element);
    const size = g.pitch - (g.pitch >= 8 ? 3 : g.pitch >= 4 ? 1 : 0);
    // One colour after the other: changing the colour takes longer than filling a cell.
    for (const [colour, cells] of byColour(ids)) {
      context.fillStyle = style.getPropertyValue(colour);
      for (const i of cells) {
        const x = (i % g.columns) * g.pitch;
        const y = Math.floor(i / g.columns) * g.pitch;
        if (size > 6) {
          context.beginPath();
          context.roundRect(x, y, size, size, 3);
          context.fill();
        } else {
          context.fillRect(x, y, size, size);
        }
      }
    }
  });

  const at = (event: MouseEvent) => {
    const box = canvas.current!.getBoundingClientRect();
    const id = ids[indexAt(grid.current, ids.length, event.clientX - box.left, event.clientY - box.top)];
    return id === undefined ? undefined : fleet.get(id);
  };
  return (
    <div class="card">
      <header class="row">
        <h2 class="grow">{isEmpty(query.value) ? 'All nodes' : 'Nodes that match'}</h2>
        <span class="legend" aria-hidden="true">CPU: idle <i class="heat-0" /><i class="heat-1" /><i class="heat-2" /><i class="heat-3" />busy</span>
      </header>
      <div class="heat">
        <canvas ref={canvas} role="img" aria-label={fleetKnown.value ? `A map of ${ids.length} nodes by status and CPU; the list holds the same nodes` : 'The map of the nodes is loading'}
          data-testid="heat-map"
          onMouseMove={(event) => { const node = at(event); over.value = node ? { node, x: event.offsetX, y: event.offsetY } : null; }}
          onMouseLeave={() => (over.value = null)}
          onClick={(event) => { const node = at(event); if (node) go({ nodeId: node.nodeId }); }} />
        {over.value && (
          <div class="tip" style={{ left: `${Math.min(over.value.x, Math.max(0, wide - 180))}px`, top: `${over.value.y + 18}px` }}>
            <strong>{over.value.node.name}</strong>
            <span>{STATUS_NAMES[over.value.node.status]}{over.value.node.status === 'ONLINE' ? ` · CPU ${percent(over.value.node.vitals?.cpuPercent)}` : ''}</span>
          </div>
        )}
      </div>
    </div>
  );
}

function byColour(ids: readonly string[]): Map<string, number[]> {
  const cells = new Map<string, number[]>();
  ids.forEach((id, i) => {
    const node = fleet.get(id);
    if (!node) return;
    const colour = colourOf(node);
    const there = cells.get(colour);
    if (there) there.push(i);
    else cells.set(colour, [i]);
  });
  return cells;
}

const TROUBLE = parseQuery('', new Set<Status>(['OFFLINE', 'STALE', 'UNKNOWN']));

function Attention() {
  fleetShape.value;
  const ids = select(fleet, TROUBLE, 'status');
  return (
    <div class="card">
      <h2>Needs attention</h2>
      {ids.length === 0 ? <p class="muted calm"><Icon name="check" /> Every node that has joined is in touch.</p> : (
        <ul class="plain">
          {ids.slice(0, ATTENTION_MAX).map((id) => {
            const node = fleet.get(id)!;
            return (
              <li key={id}>
                <a class="line" href={hashOf({ nodeId: id })}>
                  <StatusDot status={node.status} /><span class="grow ellipsis">{node.name}<small>{node.statusReason}</small></span>
                  <small>{ago(node.lastSeenAt, now.value)}</small>
                </a>
              </li>
            );
          })}
        </ul>
      )}
      {ids.length > ATTENTION_MAX && (
        <button type="button" class="button quiet" onClick={() => (statusFilter.value = new Set(TROUBLE.statuses))}>All {count(ids.length)}</button>
      )}
    </div>
  );
}

function Busiest() {
  fleetVersion.value;
  const top = busiest(fleet.entries.values(), BUSIEST_MAX);
  return (
    <div class="card">
      <h2>Busiest</h2>
      {top.length === 0 ? <p class="muted">No node is online.</p> : (
        <ul class="plain">
          {top.map((node) => (
            <li key={node.nodeId}>
              <a class="line" href={hashOf({ nodeId: node.nodeId })}>
                <span class="grow ellipsis">{node.name}<small>{bytes(node.vitals?.memoryUsedBytes)} of {bytes(node.memoryTotalBytes)}</small></span>
                <span class="bar" aria-hidden="true"><i style={{ width: `${Math.min(100, cpuOf(node))}%` }} /></span>
                <small class="figure">{percent(node.vitals?.cpuPercent)}</small>
              </a>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Welcome() {
  return (
    <section class="welcome">
      <h1>Your fleet starts here</h1>
      <ol>
        <li><b>Create a node.</b> Give it a name; you get a join line, good for one machine.</li>
        <li><b>Run the line</b> on that machine. The agent joins and keeps its own credential.</li>
        <li><b>Watch it come online</b>, open a shell, run commands, and read its history.</li>
      </ol>
      <button type="button" class="button primary large" onClick={openCreateNode}><Icon name="plus" />Create the first node</button>
    </section>
  );
}
