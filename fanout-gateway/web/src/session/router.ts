import { signal } from '@preact/signals';

export const TABS = ['terminal', 'history', 'overview'] as const;
export type Tab = (typeof TABS)[number];

export interface Route {
  /** Null: the whole fleet. */
  nodeId: string | null;
  tab: Tab;
  /** The terminal that is shown; null: the latest. */
  taskId: string | null;
}

/** The address after `#` says what is shown, so that a reload, a bookmark and the back button work. */
export function parseRoute(hash: string): Route {
  const [kind, nodeId, tab, taskId] = hash.replace(/^#\/?/, '').split('/').map(decoded);
  if (kind !== 'nodes' || !nodeId) return { nodeId: null, tab: 'terminal', taskId: null };
  return { nodeId, tab: TABS.includes(tab as Tab) ? (tab as Tab) : 'terminal', taskId: taskId || null };
}

export function hashOf(route: Partial<Route>): string {
  if (!route.nodeId) return '#/';
  const parts = ['nodes', route.nodeId, route.tab ?? 'terminal'];
  if (route.taskId) parts.push(route.taskId);
  return `#/${parts.map(encodeURIComponent).join('/')}`;
}

export const route = signal<Route>({ nodeId: null, tab: 'terminal', taskId: null });

export function startRouter(): void {
  const read = () => (route.value = parseRoute(location.hash));
  addEventListener('hashchange', read);
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
