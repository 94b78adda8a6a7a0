import { batch, computed, effect, signal } from '@preact/signals';
import { api } from '../api/client';
import { problemOf } from '../api/problem';
import { STATUSES, type NodeView, type Problem, type Status } from '../api/types';
import { fleet, fleetComplete, fleetShape, now } from './app-state';
import { returns } from './load-again';
import { keep, kept } from './router';
import { isEmpty, parseQuery, select, SORTS, type SortBy } from './query';

export const searchText = signal('');
export const statusFilter = signal<ReadonlySet<Status>>(new Set());
export const sortBy = signal<SortBy>('name');

export const query = computed(() => parseQuery(searchText.value, statusFilter.value));

/** What the server found, while the page does not hold the whole fleet yet. */
export const serverMatches = signal<{ ids: string[]; more: boolean } | null>(null);
export const serverCounts = signal<Partial<Record<Status, number>> | null>(null);
export const serverProblem = signal<Problem | null>(null);

/** Ids in the order of the list. */
export const listed = signal<string[]>([]);

const SEARCH_DELAY_MS = 200;
const SEARCH_LIMIT = 200;
/** A large fleet's list is recreated at most this often. */
const LIST_DELAY_MS = 1_000;
/** Up to this size a list is recreated at once. */
const SMALL_FLEET = 5_000;

export function toggleStatus(status: Status): void {
  const next = new Set(statusFilter.value);
  if (!next.delete(status)) next.add(status);
  statusFilter.value = next;
}

export function clearFilters(): void {
  batch(() => {
    searchText.value = '';
    statusFilter.value = new Set();
  });
}

const again = signal(0);

/** Sends a failed search to the server once more. */
export function askAgain(): void {
  again.value = again.peek() + 1;
}

export function startFilters(): void {
  // Keeps the address and the fields equal.
  effect(() => {
    const { q, status, sort } = kept.value;
    batch(() => {
      searchText.value = q;
      if (statusText(statusFilter.peek()) !== status) statusFilter.value = new Set(STATUSES.filter((s) => status.split(',').includes(s)));
      sortBy.value = SORTS.includes(sort as SortBy) ? (sort as SortBy) : 'name';
    });
  });
  effect(() => keep({ q: searchText.value, status: statusText(statusFilter.value), sort: sortBy.value === 'name' ? '' : sortBy.value }));
  effect(() => {
    returns.value;
    if (serverProblem.peek() !== null) askAgain();
  });
  let timer = 0;
  const make = () => {
    timer = 0;
    listed.value = select(fleet, query.peek(), sortBy.peek());
  };
  // A change by the user shows at once; a change of the fleet may wait.
  effect(() => {
    query.value;
    sortBy.value;
    make();
  });
  effect(() => {
    fleetShape.value;
    if (fleet.size <= SMALL_FLEET) make();
    else if (timer === 0) timer = window.setTimeout(make, LIST_DELAY_MS);
  });
  let tick = 0;
  effect(() => {
    now.value;
    // Rows that move often cannot be read: figures reorder the list every 3 s, and a large one every 10 s.
    if (sortBy.peek() !== 'name' && ++tick % (fleet.size <= SMALL_FLEET ? 3 : 10) === 0) make();
  });
  effect(() => {
    const wanted = query.value;
    again.value;
    if (fleetComplete.value || isEmpty(wanted)) {
      serverMatches.value = null;
      serverProblem.value = null;
      return;
    }
    const controller = { cancelled: false };
    const delay = setTimeout(() => void ask(wanted, controller), SEARCH_DELAY_MS);
    return () => {
      controller.cancelled = true;
      clearTimeout(delay);
    };
  });
}

function statusText(statuses: ReadonlySet<Status>): string {
  return STATUSES.filter((s) => statuses.has(s)).join(',');
}

async function ask(wanted: ReturnType<typeof parseQuery>, controller: { cancelled: boolean }): Promise<void> {
  try {
    const answer = await api.listNodes({
      q: wanted.words.join(' '),
      labels: wanted.labels.map(([key, value]) => `${key}=${value}`),
      statuses: [...wanted.statuses],
      limit: SEARCH_LIMIT,
    });
    if (controller.cancelled) return;
    answer.nodes.forEach((node: NodeView) => fleet.upsert(node));
    batch(() => {
      serverMatches.value = { ids: answer.nodes.map((node) => node.nodeId), more: answer.next !== null };
      serverCounts.value = answer.counts ?? null;
      serverProblem.value = null;
    });
  } catch (error) {
    if (!controller.cancelled) serverProblem.value = problemOf(error);
  }
}
