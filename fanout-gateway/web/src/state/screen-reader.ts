import { signal } from '@preact/signals';

const KEY = 'muster-screen-reader';

/**
 * Whether terminals offer their text to screen readers. That slows them down, so it is off until the user turns it on.
 */
export const screenReader = signal(read());

export function setScreenReader(on: boolean): void {
  screenReader.value = on;
  try {
    if (on) localStorage.setItem(KEY, 'on');
    else localStorage.removeItem(KEY);
  } catch {
    // Storage may be off; the choice then lasts as long as the page.
  }
}

function read(): boolean {
  try {
    return localStorage.getItem(KEY) === 'on';
  } catch {
    return false;
  }
}
