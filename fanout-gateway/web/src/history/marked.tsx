import { ranges } from './ranges';

/** A line with the matches of the search marked. */
export function Marked({ text, pattern }: { text: string; pattern: string }) {
  if (pattern === '') return <span class="text">{text || ' '}</span>;
  const parts = [];
  let at = 0;
  for (const [from, to] of ranges(text, pattern)) {
    parts.push(text.slice(at, from), <mark key={from}>{text.slice(from, to)}</mark>);
    at = to;
  }
  return <span class="text">{parts}{text.slice(at) || (parts.length === 0 ? ' ' : '')}</span>;
}
