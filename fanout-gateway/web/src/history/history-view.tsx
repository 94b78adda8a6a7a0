import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { api } from '../api/client';
import { problemOf } from '../api/problem';
import type { NodeView, Problem, TerminalHistory } from '../api/types';
import { titleOf } from '../state/task-order';
import { tasks } from '../state/app-state';
import { overReturns, useLoadAgain } from '../state/load-again';
import { go, hashOf, keep, kept, route } from '../state/router';
import { clockTime, lineNumber, timeOfDay } from '../ui/format';
import { Icon } from '../ui/icon';
import { ProblemBox } from '../ui/problem-box';
import { TaskBadge } from '../ui/status';
import { OneTerminal } from './one-terminal';
import { Marked } from './marked';

const RECENT_LINES = 500;
const FOUND_LINES = 2_000;
const REFRESH_MS = 4_000;
const OPTIONS_MAX = 100;

/** The clean history of a node: its recent terminals, one live terminal, or the results of a search. */
export function HistoryView({ node }: { node: NodeView }) {
  const grep = kept.value.find;
  const typed = useSignal(grep);
  useEffect(() => { typed.value = grep; }, [grep]);
  const terminal = route.value.taskId;
  const choose = (to: string) => go({ nodeId: node.nodeId, tab: 'history', taskId: to || null });
  return (
    <div class="history" data-testid="history">
      <form class="history-bar" onSubmit={(event) => { event.preventDefault(); keep({ find: typed.value }); }}>
        <label class="select grow">
          <span class="off-screen">Terminal</span>
          <select value={terminal ?? ''} onChange={(event) => choose(event.currentTarget.value)} data-testid="history-terminal">
            <option value="">All recent terminals</option>
            {[...tasks.value.values()].slice(0, OPTIONS_MAX).map((task) => <option key={task.taskId} value={task.taskId}>{titleOf(task).slice(0, 80)}{task.createdAt ? ` · ${timeOfDay(task.createdAt)}` : ''}</option>)}
            {terminal && !tasks.value.has(terminal) && <option value={terminal}>{terminal}</option>}
          </select>
          <Icon name="chevron" size={12} />
        </label>
        <div class="search">
          <Icon name="search" />
          <input type="search" placeholder="Search the history (regular expression)" aria-label="Search the history" autocomplete="off" spellcheck={false}
            value={typed.value} data-testid="history-search"
            onInput={(event) => { typed.value = event.currentTarget.value; if (typed.value === '') keep({ find: '' }); }} />
        </div>
        <button type="submit" class="button">Search</button>
        <a class="icon-button" title="Open as plain text" aria-label="Open as plain text" target="_blank" rel="noopener"
          href={api.historyTextUrl(node.nodeId, { lines: 10_000, ...(terminal ? { terminal } : {}), ...(grep ? { grep } : {}) })}>
          <Icon name="download" />
        </a>
      </form>
      {terminal !== null && grep === ''
        ? <OneTerminal key={terminal} node={node} terminal={terminal} />
        : <Fetched key={`${terminal}/${grep}`} node={node} terminal={terminal} grep={grep} />}
    </div>
  );
}

function Fetched({ node, terminal, grep }: { node: NodeView; terminal: string | null; grep: string }) {
  const found = useSignal<TerminalHistory[] | null>(null);
  const problem = useSignal<Problem | null>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const load = async () => {
    try {
      const answer = await overReturns(() => api.history(node.nodeId, {
        lines: grep ? FOUND_LINES : RECENT_LINES,
        ...(terminal ? { terminal } : {}),
        ...(grep ? { grep } : {}),
      }));
      found.value = answer.terminals;
      problem.value = null;
    } catch (error) {
      problem.value = problemOf(error);
    }
  };
  const states = [...tasks.value.values()].map((task) => task.state).join();
  const running = /RUNNING/.test(states);
  useEffect(() => void load(), [states]);
  useLoadAgain(() => problem.peek() !== null, load);
  useEffect(() => {
    if (grep || !running) return;
    const timer = setInterval(() => { if (document.visibilityState === 'visible') void load(); }, REFRESH_MS);
    return () => clearInterval(timer);
  }, [running, grep]);
  // New lines arrive at the end; stay there unless the user has scrolled up.
  const atEnd = useRef(true);
  useEffect(() => {
    const element = scroller.current;
    if (element && atEnd.current && !grep) element.scrollTop = element.scrollHeight;
  }, [found.value]);

  if (problem.value && found.value === null) {
    return <ProblemBox problem={problem.value}>{problem.value.code !== 'invalid' && <button type="button" class="button" onClick={() => void load()}>Try again</button>}</ProblemBox>;
  }
  if (found.value === null) return <div class="empty" aria-busy="true"><span class="spinner" /></div>;
  const shown = found.value.filter((one) => !grep || one.lines.length > 0);
  const lines = shown.reduce((n, one) => n + one.lines.length, 0);
  if (shown.length === 0) {
    return grep
      ? <div class="empty"><h3>Nothing matches</h3><p>Patterns are RE2 regular expressions; <code>(?i)</code> in front ignores case.</p></div>
      : <div class="empty"><h3>No history yet</h3><p>What runs on this node is kept here as clean text, without escape codes. Run a command to begin.</p></div>;
  }
  return (
    <>
      {grep && <p class="hint" role="status" data-testid="history-found">{lines} {lines === 1 ? 'line' : 'lines'} in {shown.length} {shown.length === 1 ? 'terminal' : 'terminals'}</p>}
      <div class="history-scroll" ref={scroller} tabIndex={0} role="region" aria-label="History" data-testid="history-lines"
        onScroll={(event) => { const e = event.currentTarget; atEnd.current = e.scrollHeight - e.scrollTop - e.clientHeight < 40; }}>
        {shown.map((one) => (
          <section key={one.terminal} class="history-part" data-terminal={one.terminal}>
            <header>
              <a class="ellipsis" href={hashOf({ nodeId: node.nodeId, tab: 'history', taskId: one.terminal })}>
                {tasks.value.has(one.terminal) ? titleOf(tasks.value.get(one.terminal)!) : one.command || one.argv?.join(' ') || one.terminal}
              </a>
              {one.state && <TaskBadge state={one.state} />}
              {one.exitCode != null && one.exitCode !== 0 && <span class="exit bad">exit {one.exitCode}</span>}
              <small>{clockTime(one.startedAt)}</small>
            </header>
            <pre style={{ '--digits': String(one.nextLine ?? one.firstLine + one.lines.length).length }}>
              {one.lines.length === 0 ? <span class="muted">no output</span> : one.lines.map((line, i) => (
                <div key={i} class="history-line"><span class="number">{lineNumber(one.numbers?.[i] ?? one.firstLine + i)}</span><Marked text={line} pattern={grep} /></div>
              ))}
            </pre>
          </section>
        ))}
      </div>
    </>
  );
}
