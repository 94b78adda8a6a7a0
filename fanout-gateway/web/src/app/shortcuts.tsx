import { signal } from '@preact/signals';
import { openCreateNode } from '../new-node/create-node';
import { Dialog } from '../ui/dialog';
import { go, route } from '../state/router';

export const helpOpen = signal(false);

const KEYS: [string, string][] = [
  ['/', 'Search nodes'], ['↑ ↓', 'Move in the list'], ['Enter', 'Open the node'], ['Esc', 'Back to the fleet'], ['n', 'New node'],
  ['r', 'Type a command to run'], ['s', 'Open a shell'], ['t', 'Terminal'], ['h', 'History'], ['v', 'Vitals and tasks'], ['?', 'This list'],
];

export function Help() {
  if (!helpOpen.value) return null;
  return (
    <Dialog title="Keyboard shortcuts" onClose={() => (helpOpen.value = false)} testid="help">
      <dl class="keys">{KEYS.map(([key, what]) => <div key={key}><dt><kbd>{key}</kbd></dt><dd>{what}</dd></div>)}</dl>
      <p class="muted">While a terminal that you can type into is shown, keys go to it. Ctrl-Shift-C copies the selection. <b>Ctrl-Shift-L</b> leaves the terminal, and Tab goes on from its tab.</p>
      <p class="muted">Terminals offer their text to screen readers when you switch that on in the menu of the user.</p>
    </Dialog>
  );
}

export function startShortcuts(): void {
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const target = event.target as HTMLElement;
    if (document.querySelector('dialog[open]') || target.closest('.screen')) return;
    // Keys typed while a live terminal is shown are meant for it, even if a click elsewhere took the focus away.
    const terminal = document.querySelector<HTMLElement>('.screen.typable textarea');
    if (terminal && target === document.body) {
      terminal.focus();
      return;
    }
    const typing = target.closest('input, textarea, select');
    if (typing) {
      if (event.key === 'Escape') (typing as HTMLElement).blur();
      return;
    }
    const { nodeId } = route.value;
    const act = actions[event.key];
    if (!act || (act.needsNode && nodeId === null)) return;
    event.preventDefault();
    act.run();
  });
}

const tab = (to: 'terminal' | 'history' | 'overview') => ({
  needsNode: true,
  run: () => document.querySelector<HTMLElement>(`[data-testid=tab-${to}]`)?.click(),
});

const actions: Record<string, { needsNode?: boolean; run: () => void }> = {
  '/': { run: () => focusSearch() },
  n: { run: openCreateNode },
  '?': { run: () => (helpOpen.value = true) },
  r: { needsNode: true, run: () => document.getElementById('run-command')?.focus() },
  s: { needsNode: true, run: () => document.getElementById('open-shell')?.click() },
  t: tab('terminal'),
  h: tab('history'),
  v: tab('overview'),
  Escape: { needsNode: true, run: () => go({}) },
};

function focusSearch(): void {
  const field = document.getElementById('node-search') as HTMLInputElement | null;
  if (!field) return;
  if (field.offsetParent !== null) {
    field.select();
    return;
  }
  // On a narrow window the list is behind the node.
  go({});
  setTimeout(() => field.select());
}
