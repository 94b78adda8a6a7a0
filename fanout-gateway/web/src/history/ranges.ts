const MARKS_MAX = 100;
const LINE_CHARS_MAX = 4_000;
const REPEATS_MAX = 2;

/**
 * Where a pattern that the server searched with occurs in a line. The server's patterns are RE2, this is the browser's engine: a
 * pattern that it does not read marks nothing. Long lines are left unmarked, for a browser's engine is not linear.
 */
export function ranges(text: string, pattern: string): [from: number, to: number][] {
  if (text.length > LINE_CHARS_MAX) return [];
  let source = pattern;
  let flags = 'gu';
  const leading = /^\(\?([ims]+)\)/.exec(source);
  if (leading) {
    source = source.slice(leading[0].length);
    flags += [...new Set(leading[1]!)].join('');
  }
  // A repeated group or many repeats in a row are where backtracking explodes.
  if (/\)[*+{]/.test(source) || (source.match(/[*+]|\{\d+,/g) ?? []).length > REPEATS_MAX) return [];
  try {
    return Array.from(text.matchAll(new RegExp(source, flags)), (m): [number, number] => [m.index, m.index + m[0].length])
      .filter(([from, to]) => to > from)
      .slice(0, MARKS_MAX);
  } catch {
    return [];
  }
}
