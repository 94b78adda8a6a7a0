import { signal } from '@preact/signals';

export type Theme = 'auto' | 'light' | 'dark';
const KEY = 'muster-theme';

export const theme = signal<Theme>(read());
/** Changes whenever the page's colours do, for content that is drawn rather than styled. */
export const colours = signal(0);

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
  colours.value++;
}

/** In the theme "as the system", the system decides. */
export function followSystem(): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => colours.value++);
}
