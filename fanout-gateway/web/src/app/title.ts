import { effect } from '@preact/signals';
import { titleOf } from '../state/task-order';
import { connectionState, fleetKnown, me, sessionEnded, shownNode, tasks } from '../state/app-state';
import { isBlind } from '../state/connection-text';
import { route, type Route } from '../state/router';

/** The title of a view in a tab, a bookmark and the browser's history. */
export function documentTitle(route: Route, node: string | null, terminal: string | null): string {
  if (route.nodeId === null) return 'Fleet · Muster';
  const view = route.tab === 'terminal' ? terminal : [route.tab === 'history' ? 'History' : 'Vitals and tasks', terminal].filter(Boolean).join(' · ');
  return [view, node ?? 'Node', 'Muster'].filter(Boolean).join(' · ');
}

export function startTitle(): void {
  effect(() => {
    if (me.value === null || sessionEnded.value) {
      document.title = 'Sign in · Muster';
      return;
    }
    const task = route.value.taskId === null ? undefined : tasks.value.get(route.value.taskId);
    const title = documentTitle(route.value, shownNode.value?.name ?? null, task ? titleOf(task) : null);
    document.title = fleetKnown.value && isBlind(connectionState.value) ? `(not live) ${title}` : title;
  });
}
