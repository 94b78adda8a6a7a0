import { signal } from '@preact/signals';

/** As in the style sheets: in a narrower window the list and the node do not fit side by side. */
const NARROW = typeof matchMedia === 'undefined' ? null : matchMedia('(max-width: 860px)');

export const narrow = signal(NARROW?.matches ?? false);
NARROW?.addEventListener('change', (event) => (narrow.value = event.matches));
