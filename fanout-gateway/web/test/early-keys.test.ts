import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { bytesOfKey, EARLY_KEYS_MAX, EarlyKeys } from '../src/terminal/early-keys';

const UP = { ctrlKey: false, altKey: false, metaKey: false, shiftKey: false };

describe('a key typed while a shell opens is what a terminal would send', () => {
  const key = (key: string, more = {}) => bytesOfKey({ key, ...UP, ...more });

  test('text, also with AltGr', () => {
    expect(['a', 'É', '😀'].map((k) => key(k))).toEqual(['a', 'É', '😀']);
    const getModifierState = (name: string) => name === 'AltGraph';
    expect(key('@', { ctrlKey: true, altKey: true, getModifierState })).toBe('@');
    expect(key('€', { getModifierState })).toBe('€');
  });

  test('keys with a name', () => {
    expect(['Enter', 'Backspace', 'Tab', 'Escape'].map((k) => key(k))).toEqual(['\r', '\x7f', '\t', '\x1b']);
    expect(['ArrowUp', 'ArrowDown', 'ArrowRight', 'ArrowLeft'].map((k) => key(k))).toEqual(['\x1b[A', '\x1b[B', '\x1b[C', '\x1b[D']);
    expect(['Home', 'End', 'Delete', 'PageUp', 'PageDown'].map((k) => key(k))).toEqual(['\x1b[H', '\x1b[F', '\x1b[3~', '\x1b[5~', '\x1b[6~']);
    expect(key('Tab', { shiftKey: true })).toBe('\x1b[Z');
  });

  test('control keys, but not those of the browser', () => {
    expect([key('c', { ctrlKey: true }), key('D', { ctrlKey: true })]).toEqual(['\x03', '\x04']);
    expect(['r', 'R', 'v', '1'].map((k) => key(k, { ctrlKey: true }))).toEqual([null, null, null, null]);
    expect(['F5', 'Shift', 'AltGraph', 'Dead'].map((k) => key(k))).toEqual([null, null, null, null]);
    expect([key('r', { metaKey: true }), key('x', { altKey: true }), key('ArrowLeft', { altKey: true })]).toEqual([null, null, null]);
  });
});

describe('what is typed while a shell opens', () => {
  let page: EventTarget;
  beforeEach(() => {
    page = new EventTarget();
    vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
    // Node's ignores a capture that is not in an object
    vi.stubGlobal('removeEventListener', (type: string, listener: EventListener, capture: boolean) =>
      page.removeEventListener(type, listener, { capture }));
  });
  afterEach(() => { vi.unstubAllGlobals(); });

  /** Whether the page or the browser got the key. */
  const passes = (key: string) => page.dispatchEvent(Object.assign(new Event('keydown', { cancelable: true }), { key, ...UP }));

  test('is kept for the shell, once', () => {
    const keys = new EarlyKeys();
    keys.start(() => {}, () => {});
    expect(['l', 's', 'Enter', 'F5'].map(passes)).toEqual([false, false, false, true]);
    expect([keys.take(), keys.take()]).toEqual(['ls\r', '']);
    expect(passes('n')).toBe(true);
  });

  test('is refused beyond the bound, said once, and no shortcut', () => {
    const keys = new EarlyKeys();
    const full = vi.fn();
    keys.start(() => {}, full);
    for (let i = 0; i < EARLY_KEYS_MAX - 1; i++) passes('a');
    expect(full).not.toHaveBeenCalled();
    expect(['ArrowUp', 'n', 'n'].map(passes)).toEqual([false, false, false]);
    expect(full).toHaveBeenCalledTimes(1);
    expect(keys.take()).toBe('a'.repeat(EARLY_KEYS_MAX - 1));
  });
});
