/** Keys typed between the request for a shell and its terminal; more are not kept. */
export const EARLY_KEYS_MAX = 1_000;
/** How long a shell may take to show its terminal. After that the typed keys are dropped, and the user is told. */
const WAIT_MS = 60_000;

type KeyLike = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'altKey' | 'metaKey' | 'shiftKey'>
  & Partial<Pick<KeyboardEvent, 'getModifierState'>>;

/** The bytes that xterm sends for keys that are not text. */
const NAMED_KEYS: Record<string, string> = {
  Enter: '\r', Backspace: '\x7f', Tab: '\t', Escape: '\x1b',
  ArrowUp: '\x1b[A', ArrowDown: '\x1b[B', ArrowRight: '\x1b[C', ArrowLeft: '\x1b[D',
  Home: '\x1b[H', End: '\x1b[F', Insert: '\x1b[2~', Delete: '\x1b[3~', PageUp: '\x1b[5~', PageDown: '\x1b[6~',
};
/** With Ctrl, these stay the browser's: reload and paste. */
const BROWSER_KEYS = 'rv';

/** The bytes that a terminal would send for a key; null for keys that the browser or the page keeps. */
export function bytesOfKey(event: KeyLike): string | null {
  const { key, ctrlKey, altKey, metaKey, shiftKey } = event;
  const isText = [...key].length === 1;
  // some systems report AltGr as Ctrl and Alt
  if (isText && event.getModifierState?.('AltGraph')) return key;
  if (metaKey || altKey) return null;
  if (ctrlKey) {
    const letter = /^[a-z]$/i.test(key) && !BROWSER_KEYS.includes(key.toLowerCase());
    return letter ? String.fromCharCode(key.toUpperCase().charCodeAt(0) - 64) : null;
  }
  if (isText) return key;
  if (key === 'Tab' && shiftKey) return '\x1b[Z';
  return NAMED_KEYS[key] ?? null;
}

/**
 * Collects the keys typed while a shell opens, so that they reach the shell instead of the page's shortcuts. Keys typed
 * into a field of the page stay there.
 */
export class EarlyKeys {
  private typed = '';
  private stop: (() => void) | null = null;

  /**
   * @param lost run when no terminal took the keys
   * @param full run once, at the first key that is not kept
   */
  start(lost: () => void, full: () => void): void {
    this.cancel();
    this.typed = '';
    let isFull = false;
    const take = (event: KeyboardEvent) => {
      if ((event.target as HTMLElement).closest?.('input, textarea, select, dialog')) return;
      const bytes = bytesOfKey(event);
      if (bytes === null) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (isFull) return;
      isFull = this.typed.length + bytes.length > EARLY_KEYS_MAX;
      if (isFull) full();
      else this.typed += bytes;
    };
    addEventListener('keydown', take, true);
    const timer = setTimeout(() => { if (this.take() !== '') lost(); }, WAIT_MS);
    this.stop = () => {
      removeEventListener('keydown', take, true);
      clearTimeout(timer);
    };
  }

  /** Returns the typed keys, once; from now on keys go where they usually go. */
  take(): string {
    this.cancel();
    const typed = this.typed;
    this.typed = '';
    return typed;
  }

  private cancel(): void {
    this.stop?.();
    this.stop = null;
  }
}

export const earlyKeys = new EarlyKeys();
