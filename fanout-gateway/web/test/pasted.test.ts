import { describe, expect, test } from 'vitest';
import { cleanPaste, linesOf } from '../src/terminal/pasted';

describe('pasted text', () => {
  test('keeps text, tabs and line ends', () => {
    const text = 'a\tb\r\nc\nd\re é€😀 \u00a0';
    expect(cleanPaste(text)).toBe(text);
  });

  test('cannot end the paste that it stands in', () => {
    for (const end of ['\x1b[201~', '\x9b201~', '\x1b\x1b[201~', '\x1b[20\x001~']) {
      const clean = cleanPaste(`echo a${end}\recho b\r`);
      expect(clean).not.toMatch(/[\x1b\x9b]/);
    }
  });

  test('holds no control character at all', () => {
    const all = Array.from({ length: 0xa0 }, (_, i) => String.fromCharCode(i)).join('');
    expect(cleanPaste(all)).not.toMatch(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/);
    expect(cleanPaste('\x1b\x03\x04\x7f\x9b')).toBe('␛␃␄␡\ufffd');
  });

  test('has as many lines as a program would take', () => {
    expect(['a', 'a\n', 'a\r\nb', 'a\rb\nc'].map(linesOf)).toEqual([1, 2, 2, 3]);
  });
});
