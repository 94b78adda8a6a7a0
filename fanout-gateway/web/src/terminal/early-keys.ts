/** Keys typed between asking for a shell and its terminal; more are not kept. */
export const EARLY_KEYS_MAX = 1_000;
/** How long a shell may take to show its terminal; then what was typed is dropped, and the user is told. */
const WAIT_MS = 60_000;

type KeyLike = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'altKey' | 'metaKey'>;

/** What a terminal would send for a key; null for keys that are not text and no plain control key. */
export function bytesOfKey({ key, ctrlKey, altKey, metaKey }: KeyLike): string | null {
  if (metaKey || altKey) return null;
  if (ctrlKey) return /^[a-z]$/i.test(key) ? String.fromCharCode(key.toUpperCase().charCodeAt(0) - 64) : null;
  if ([...key].length === 1) return key;
  return { Enter: '\r', Backspace: '\x7f' }[key] ?? null;
}

/**
 * Collects what is typed while a shell opens, so that it reaches the shell in place of the page's shortcuts. Keys into a field of the
 * page stay there.
 */
export class EarlyKeys {
  private typed = '';
  private stop: (() => void) | null = null;

  /** @param lost run when nobody took what was typed */
  start(lost: () => void): void {
    this.cancel();
    this.typed = '';
    const take = (event: KeyboardEvent) => {
      if ((event.target as HTMLElement).closest?.('input, textarea, select, dialog')) return;
      const bytes = bytesOfKey(event);
      if (bytes === null || this.typed.length >= EARLY_KEYS_MAX) return;
      this.typed += bytes;
      event.preventDefault();
      event.stopImmediatePropagation();
    };
    addEventListener('keydown', take, true);
    const timer = setTimeout(() => { if (this.take() !== '') lost(); }, WAIT_MS);
    this.stop = () => {
      removeEventListener('keydown', take, true);
      clearTimeout(timer);
    };
  }

  /** What was typed, once; from now on keys go where they always go. */
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
