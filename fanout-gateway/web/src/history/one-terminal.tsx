import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { api } from '../api/client';
import { problemOf } from '../api/problem';
import type { NodeView, Problem } from '../api/types';
import type { Attachment } from '../feed/connection';
import { connection } from '../state/app-state';
import { overReturns, useLoadAgain } from '../state/load-again';
import { count, lineNumber } from '../ui/format';
import { ProblemBox } from '../ui/problem-box';
import { useVirtual } from '../ui/virtual';
import { LineBuffer } from './line-buffer';

const ATTACH_LINES = 500;
const EARLIER_LINES = 2_000;
/** The most lines that one read returns. */
const FILL_LINES = 10_000;
const LINE_HEIGHT = 19;
const UNFILLED_MAX = 100;

/** One terminal's clean lines, live, with older ones on demand. */
export function OneTerminal({ node, terminal }: { node: NodeView; terminal: string }) {
  const buffer = useRef(new LineBuffer());
  const attachment = useRef<Attachment | null>(null);
  const version = useSignal(0);
  const attached = useSignal(false);
  const problem = useSignal<Problem | null>(null);
  const notice = useSignal<string | null>(null);
  const loading = useSignal(false);
  const firstKept = useSignal(0);
  const following = useSignal(true);
  const scroller = useRef<HTMLDivElement>(null);
  /** Ranges of lines that were skipped and could not be loaded. */
  const unfilled = useRef<[number, number][]>([]);

  // Lines that the feed skipped because this page fell behind are read from the history.
  const fill = async (from: number, to: number) => {
    try {
      const answer = await overReturns(() => api.history(node.nodeId, { terminal, after: from, before: to, lines: Math.min(FILL_LINES, to - from) }));
      const part = answer.terminals[0];
      if (part && !part.numbers) buffer.current.fill(part.firstLine, part.lines);
      version.value++;
    } catch {
      if (unfilled.current.length < UNFILLED_MAX) unfilled.current.push([from, to]);
      notice.value = 'Some lines were skipped because this page fell behind, and could not be loaded. The page tries again when the server is back.';
    }
  };
  const fillAgain = () => {
    const ranges = unfilled.current;
    unfilled.current = [];
    notice.value = null;
    for (const [from, to] of ranges) void fill(from, to);
  };
  useLoadAgain(() => unfilled.current.length > 0, fillAgain);

  useEffect(() => {
    let frame = 0;
    const changed = () => {
      if (frame === 0) frame = requestAnimationFrame(() => { frame = 0; version.value++; });
    };
    const joined = connection.attach({ nodeId: node.nodeId, terminal, mode: 'text', lines: ATTACH_LINES }, (given) => {
      switch (given.type) {
        case 'attached':
          // After a reconnect the present lines continue, unless lines between them and the new ones are missing.
          if (given.firstLine > buffer.current.next || buffer.current.size === 0) buffer.current.reset(given.firstLine);
          attached.value = true;
          problem.value = null;
          break;
        case 'lines':
          buffer.current.apply(given.firstLine, given.lines, given.final, given.nextLine);
          break;
        case 'skipped':
          if (given.from !== undefined && given.to !== undefined) void fill(given.from, given.to);
          break;
        case 'error':
          problem.value = given.problem;
          break;
        default:
      }
      changed();
    });
    attachment.current = joined;
    return () => {
      cancelAnimationFrame(frame);
      joined.detach();
    };
  }, []);

  version.value;
  const { size, first, final } = buffer.current;
  const virtual = useVirtual({
    count: size,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_HEIGHT,
    getItemKey: (index) => first + index,
    overscan: 20,
  });
  useEffect(() => {
    if (following.value && size > 0) virtual.scrollToIndex(size - 1, { align: 'end' });
  }, [version.value]);

  const earlier = async () => {
    loading.value = true;
    try {
      const answer = await api.history(node.nodeId, { terminal, before: first, lines: EARLIER_LINES });
      const part = answer.terminals[0];
      firstKept.value = part?.firstKept ?? firstKept.value;
      if (part && part.lines.length > 0 && !part.numbers) {
        const before = buffer.current.first;
        buffer.current.prepend(part.firstLine, part.lines);
        following.value = false;
        version.value++;
        requestAnimationFrame(() => virtual.scrollToIndex(Math.max(0, before - buffer.current.first), { align: 'start' }));
      } else {
        firstKept.value = first;
        notice.value = 'There is nothing older: it is past the limits of the history.';
      }
    } catch (error) {
      problem.value = problemOf(error);
    } finally {
      loading.value = false;
    }
  };

  return (
    <>
      {problem.value && (
        <ProblemBox problem={problem.value}>
          <button type="button" class="button" onClick={() => { problem.value = null; attachment.current?.restart(); }}>Try again</button>
        </ProblemBox>
      )}
      {notice.value && <p class="notice" role="status">{notice.value}</p>}
      <div class="history-line-bar">
        {first > firstKept.value && size > 0 && !buffer.current.isFull
          ? <button type="button" class="button small" disabled={loading.value} onClick={() => void earlier()} data-testid="history-earlier">{loading.value ? 'Loading…' : `Load earlier lines (${count(first - firstKept.value)} more)`}</button>
          : <span />}
        <span class="grow" />
        {!following.value && <button type="button" class="button small" onClick={() => { following.value = true; version.value++; }}>Follow the end</button>}
      </div>
      <div class="history-scroll one" ref={scroller} tabIndex={0} role="region" aria-label="History" data-testid="history-lines"
        onScroll={(event) => { const e = event.currentTarget; following.value = e.scrollHeight - e.scrollTop - e.clientHeight < 40; }}>
        {size === 0 ? (
          <div class="empty" aria-busy={!attached.value}>{attached.value ? <p>No output yet. It appears here as it comes.</p> : problem.value ? null : <span class="spinner" />}</div>
        ) : (
          <div class="history-window" style={{ height: `${virtual.getTotalSize()}px`, '--digits': String(first + size).length }}>
            {virtual.getVirtualItems().map((item) => {
              const line = first + item.index;
              const text = buffer.current.at(line);
              return (
                <div key={item.key} class={`history-line${line >= final ? ' open' : ''}`} style={{ transform: `translateY(${item.start}px)` }}>
                  <span class="number">{lineNumber(line)}</span><span class="text">{text ?? '[not loaded]'}</span>
                </div>
              );
            })}
          </div>
        )}
      </div>
    </>
  );
}
