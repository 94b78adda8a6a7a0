const MARKS_MAX = 100;
const LINE_CHARS_MAX = 4_000;
const REPEATS_MAX = 2;

/**
 * The matches of the server's search pattern in a line. The server's patterns are RE2; this uses the browser's engine.
 * A pattern that the browser cannot read marks nothing. Long lines are left unmarked, because a browser's engine is not
 * linear.
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
  // Backtracking explodes with a repeated group or with many repeats in a row.
  if (/\)[*+{]/.test(source) || (source.match(/[*+]|\{\d+,/g) ?? []).length > REPEATS_MAX) return [];
  try {
    return Array.from(text.matchAll(new RegExp(source, flags)), (m): [number, number] => [m.index, m.index + m[0].length])
      .filter(([from, to]) => to > from)
      .slice(0, MARKS_MAX);
  } catch {
    return [];
  }
}
