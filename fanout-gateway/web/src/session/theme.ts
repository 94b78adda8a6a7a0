import { signal } from '@preact/signals';

export type Theme = 'auto' | 'light' | 'dark';
const KEY = 'muster-theme';

export const theme = signal<Theme>(read());

function read(): Theme {
  try {
    const stored = localStorage.getItem(KEY);
    return stored === 'light' || stored === 'dark' ? stored : 'auto';
  } catch {
    return 'auto';
  }
}

export function setTheme(to: Theme): void {
  theme.value = to;
  apply();
  try {
    if (to === 'auto') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, to);
  } catch {
    // Storage may be off; the choice then lasts as long as the page.
  }
}

export function apply(): void {
  if (theme.value === 'auto') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme.value;
}
