import { batch, signal } from '@preact/signals';

export const TABS = ['terminal', 'history', 'overview'] as const;
export type Tab = (typeof TABS)[number];

export interface Route {
  /** Null: the whole fleet. */
  nodeId: string | null;
  tab: Tab;
  /** The shown terminal; null: the latest. */
  taskId: string | null;
}

/** The address after `#` names the view, so that a reload, a bookmark and the back button work. */
export function parseRoute(hash: string): Route {
  const [kind, nodeId, tab, taskId] = hash.replace(/^#\/?/, '').replace(/\?.*/s, '').split('/').map(decoded);
  if (kind !== 'nodes' || !nodeId) return { nodeId: null, tab: 'terminal', taskId: null };
  return { nodeId, tab: TABS.includes(tab as Tab) ? (tab as Tab) : 'terminal', taskId: taskId || null };
}

export function hashOf(route: Partial<Route>): string {
  if (!route.nodeId) return '#/';
  const parts = ['nodes', route.nodeId, route.tab ?? 'terminal'];
  if (route.taskId) parts.push(route.taskId);
  return `#/${parts.map(encodeURIComponent).join('/')}`;
}

/** The rest of the address, behind `?`: the filter and order of the list, and the search in a history. */
export interface Kept {
  q: string;
  status: string;
  sort: string;
  find: string;
}
const NOTHING: Kept = { q: '', status: '', sort: '', find: '' };

export function parseKept(hash: string): Kept {
  const params = new URLSearchParams(hash.includes('?') ? hash.slice(hash.indexOf('?') + 1) : '');
  return Object.fromEntries(Object.keys(NOTHING).map((key) => [key, params.get(key) ?? ''])) as unknown as Kept;
}

export function hashWith(hash: string, kept: Kept): string {
  const params = new URLSearchParams(Object.entries(kept).filter(([, value]) => value !== ''));
  const path = hash.replace(/\?.*/s, '') || '#/';
  return params.size === 0 ? path : `${path}?${params}`;
}

/**
 * The part of the address that is kept after a move. An entry of the browser's history that this page wrote is
 * complete. A link on the page names only a view: the list then stays as it is, and a search stays within the history
 * of its node.
 */
export function keptAfter(before: Kept, from: Route, to: Route, hash: string, written: boolean): Kept {
  if (written || hash.includes('?')) return parseKept(hash);
  const sameHistory = from.tab === 'history' && to.tab === 'history' && from.nodeId === to.nodeId;
  return { ...before, find: sameHistory ? before.find : '' };
}

export const route = signal<Route>({ nodeId: null, tab: 'terminal', taskId: null });
export const kept = signal<Kept>(NOTHING);

const WRITE_DELAY_MS = 200;
let writing = 0;

/** Changes the kept part of the address, without an entry in the browser's history for each letter. */
export function keep(change: Partial<Kept>): void {
  const next = { ...kept.peek(), ...change };
  if (hashWith('', next) === hashWith('', kept.peek())) return;
  kept.value = next;
  clearTimeout(writing);
  writing = window.setTimeout(write, WRITE_DELAY_MS);
}

function write(): void {
  clearTimeout(writing);
  try {
    history.replaceState({ muster: true }, '', hashWith(location.hash, kept.peek()));
  } catch {
    // Browsers limit how often an address may change; the next change writes it.
  }
}

export function startRouter(): void {
  const read = () => {
    const to = parseRoute(location.hash);
    batch(() => {
      kept.value = keptAfter(kept.peek(), route.peek(), to, location.hash, history.state?.muster === true);
      route.value = to;
    });
    write();
  };
  addEventListener('hashchange', read);
  addEventListener('pagehide', write);
  read();
}

export function go(to: Partial<Route>): void {
  location.hash = hashOf(to);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
