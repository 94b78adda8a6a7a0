import { useSignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { STATUSES } from '../api/types';
import { fleet, fleetComplete, fleetKnown, fleetVersion } from '../state/app-state';
import { narrow } from '../state/narrow';
import { openCreateNode } from '../new-node/create-node';
import { go, route } from '../state/router';
import { count } from '../ui/format';
import { Icon } from '../ui/icon';
import { ProblemBox } from '../ui/problem-box';
import { STATUS_MEANINGS, STATUS_NAMES, StatusDot } from '../ui/status';
import { useVirtual } from '../ui/virtual';
import { askAgain, clearFilters, listed, query, searchText, serverMatches, serverProblem, sortBy, statusFilter, toggleStatus } from '../state/filters';
import { NodeRow, ROW_HEIGHT } from './node-row';
import { isEmpty, type SortBy } from '../state/query';

const SORT_NAMES: [SortBy, string][] = [['name', 'Name'], ['status', 'Problems first'], ['cpu', 'CPU'], ['memory', 'Memory'], ['seen', 'Last seen']];

export function NodeList() {
  // On a narrow window the list fills the page while no node is shown.
  const alone = narrow.value && route.value.nodeId === null;
  return (
    <section class="list-pane" aria-label="Nodes" role={alone ? 'main' : undefined}>
      {alone && <h1 class="off-screen">Fleet</h1>}
      <div class="list-head">
        <SearchBox />
        <StatusChips />
        <ListLine />
      </div>
      <Rows />
    </section>
  );
}

function SearchBox() {
  return (
    <div class="search">
      <Icon name="search" />
      <input type="search" id="node-search" placeholder="Search nodes, or label=value" aria-label="Search nodes" title="Press / to search"
        autocomplete="off" spellcheck={false} value={searchText.value} data-testid="node-search"
        onInput={(event) => (searchText.value = event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown' || event.key === 'Enter') {
            event.preventDefault();
            document.getElementById('node-rows')?.focus();
          } else if (event.key === 'Escape' && searchText.value !== '') {
            event.preventDefault();
            event.stopPropagation();
            searchText.value = '';
          }
        }} />
      <kbd aria-hidden="true">/</kbd>
    </div>
  );
}

function StatusChips() {
  fleetVersion.value;
  const counts = fleet.counts();
  const chosen = statusFilter.value;
  return (
    <div class="chips" role="group" aria-label="Filter by status">
      {STATUSES.filter((s) => counts[s] > 0 || chosen.has(s) || s === 'ONLINE' || s === 'OFFLINE').map((status) => (
        <button key={status} type="button" class="chip" aria-pressed={chosen.has(status)} title={STATUS_MEANINGS[status]}
          data-testid={`filter-${status}`} data-count={fleetKnown.value ? counts[status] : undefined} onClick={() => toggleStatus(status)}>
          <StatusDot status={status} />{STATUS_NAMES[status]} <b>{fleetKnown.value ? count(counts[status]) : '–'}</b>
        </button>
      ))}
    </div>
  );
}

function ListLine() {
  fleetVersion.value;
  const found = listed.value.length;
  const filtered = !isEmpty(query.value);
  return (
    <div class="list-line">
      <span class="grow" aria-live="polite" data-testid="list-count">
        {!fleetKnown.value ? (fleet.size > 0 ? `${count(found)} so far, loading…` : 'Loading…')
          : filtered ? `${count(found)} of ${count(fleet.size)} nodes` : `${count(found)} ${found === 1 ? 'node' : 'nodes'}`}
      </span>
      <label class="select">
        <span class="off-screen">Sort by</span>
        <select value={sortBy.value} onChange={(event) => (sortBy.value = event.currentTarget.value as SortBy)} data-testid="node-sort">
          {SORT_NAMES.map(([value, name]) => <option key={value} value={value}>{name}</option>)}
        </select>
        <Icon name="chevron" size={12} />
      </label>
    </div>
  );
}

function Rows() {
  fleetVersion.value;
  const scroller = useRef<HTMLDivElement>(null);
  const active = useSignal(-1);
  const server = serverMatches.value;
  const ids = server === null ? listed.value : [...new Set([...listed.value, ...server.ids.filter((id) => fleet.get(id))])];
  const virtual = useVirtual({ count: ids.length, getScrollElement: () => scroller.current, estimateSize: () => ROW_HEIGHT });
  useLayoutEffect(() => {
    active.value = -1;
    virtual.scrollToOffset(0);
  }, [query.value]);

  const move = (to: number) => {
    active.value = Math.min(ids.length - 1, Math.max(0, to));
    virtual.scrollToIndex(active.value);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW_HEIGHT) - 1);
    const shown = ids.indexOf(route.value.nodeId ?? '');
    const at = active.value >= 0 ? active.value : shown;
    switch (event.key) {
      case 'ArrowDown': case 'j': move(at + 1); break;
      case 'ArrowUp': case 'k': move(at - 1); break;
      case 'PageDown': move(at + page); break;
      case 'PageUp': move(at - page); break;
      case 'Home': move(0); break;
      case 'End': move(ids.length - 1); break;
      case 'Enter': case ' ': if (ids[at] !== undefined) go({ nodeId: ids[at]! }); break;
      default: return;
    }
    event.preventDefault();
  };

  const activeId = ids[active.value];
  return (
    <div class="rows" id="node-rows" ref={scroller} tabIndex={0} role="listbox" aria-label="Nodes" onKeyDown={onKeyDown}
      aria-activedescendant={activeId ? `row-${activeId}` : undefined}
      onFocus={() => { if (active.value < 0 && ids.length > 0) active.value = Math.max(0, ids.indexOf(route.value.nodeId ?? '')); }}
      onBlur={() => (active.value = -1)}>
      {serverProblem.value && <ProblemBox problem={serverProblem.value}><button type="button" class="button" onClick={askAgain}>Try again</button></ProblemBox>}
      {server?.more && <p class="hint">The first {ids.length} matches. The rest appears as the fleet loads; or narrow the search.</p>}
      {ids.length === 0 ? <NoRows /> : (
        <div style={{ height: `${virtual.getTotalSize()}px`, position: 'relative' }}>
          {virtual.getVirtualItems().map((item) => {
            const node = fleet.get(ids[item.index] ?? '');
            return node && (
              <NodeRow key={node.nodeId} node={node} top={item.start} index={item.index} total={ids.length}
                shown={node.nodeId === route.value.nodeId} active={item.index === active.value} />
            );
          })}
        </div>
      )}
    </div>
  );
}

function NoRows() {
  if (!isEmpty(query.value) && (fleetComplete.value || serverMatches.value !== null)) {
    return (
      <div class="empty">
        <h3>No node matches</h3>
        <p>Words look in name, host, owner and labels; <code>env=prod</code> looks for that label.</p>
        <button type="button" class="button" onClick={clearFilters}>Clear search and filters</button>
      </div>
    );
  }
  if (!fleetComplete.value) return <div class="empty" aria-busy="true"><span class="spinner" /><p>Loading the fleet…</p></div>;
  return (
    <div class="empty" data-testid="no-nodes">
      <h3>No nodes yet</h3>
      <p>Create a node, then run its join line on the machine that you want to see here.</p>
      <button type="button" class="button primary" onClick={openCreateNode}><Icon name="plus" />New node</button>
    </div>
  );
}
