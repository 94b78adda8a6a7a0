import { signal } from '@preact/signals';
import { nextStep } from '../api/problem';
import type { Problem } from '../api/types';
import { Icon } from './icon';

interface Toast {
  id: number;
  kind: 'info' | 'error';
  title: string;
  body: string | null;
  foot: string | null;
}

const toasts = signal<Toast[]>([]);
const TOASTS_MAX = 4;
const INFO_MS = 4_000;
let nextId = 1;

function add(toast: Omit<Toast, 'id'>): void {
  const id = nextId++;
  toasts.value = [...toasts.value, { ...toast, id }].slice(-TOASTS_MAX);
  if (toast.kind === 'info') setTimeout(() => dismiss(id), INFO_MS);
}

function dismiss(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}

export const notify = {
  info: (title: string) => add({ kind: 'info', title, body: null, foot: null }),
  /** Stays until the user dismisses it: it may hold an error id that the user wants to copy. */
  problem: (problem: Problem) =>
    add({
      kind: 'error',
      title: problem.title,
      body: [problem.detail, nextStep(problem)].filter(Boolean).join(' '),
      foot: [problem.code, problem.errorId && `error id ${problem.errorId}`].filter(Boolean).join(' · '),
    }),
};

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((toast) => (
        <div key={toast.id} class={`toast toast-${toast.kind}`} data-testid={`toast-${toast.kind}`}>
          <div class="grow">
            <strong>{toast.title}</strong>
            {toast.body && <p>{toast.body}</p>}
            {toast.foot && <code>{toast.foot}</code>}
          </div>
          <button class="icon-button" aria-label="Dismiss" onClick={() => dismiss(toast.id)}>
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  );
}
