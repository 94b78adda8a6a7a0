import { useSignal } from '@preact/signals';
import type { NodeView } from '../api/types';
import { roleAllows } from '../api/types';
import { problemOf } from '../api/problem';
import { HistoryView } from '../history/history-view';
import { connectionState, fleetComplete, now, shownNode, tasks } from '../state/app-state';
import { go, hashOf, route, type Tab } from '../state/router';
import { TerminalPane } from '../terminal/terminal-pane';
import { proposedSize } from '../terminal/size';
import { ago } from '../ui/format';
import { Icon } from '../ui/icon';
import { STATUS_NAMES, StatusDot } from '../ui/status';
import { notify } from '../ui/toasts';
import { NodeMenu, setEnabled } from './node-actions';
import { RunBar } from './run-bar';
import type { RunRequest } from '../api/client';
import type { Problem } from '../api/types';
import { earlyKeys } from '../terminal/early-keys';
import { ProblemBox } from '../ui/problem-box';
import { isUnanswered, noShell, openShell, shellRequest } from '../tasks/run-command';
import { TaskList } from '../tasks/task-list';
import { Facts, VitalsPanel } from './vitals-panel';

export function NodePage() {
  const node = shownNode.value;
  if (!node) return <Missing />;
  const { tab } = route.value;
  return (
    <article class={`node-page tab-${tab}`} aria-label={node.name} data-testid="node-page" data-node-id={node.nodeId} data-status={node.status}>
      <div class="node-main">
        <Header node={node} />
        <Trouble node={node} />
        <RunBar node={node} />
        <Tabs node={node} />
        <div class="tab-body">
          {tab === 'history' ? <HistoryView key={node.nodeId} node={node} /> : tab === 'terminal' ? <TerminalPane key={node.nodeId} node={node} /> : null}
          {tab === 'overview' && <div class="rail inline"><Rail node={node} /></div>}
        </div>
      </div>
      <aside class="rail" aria-label="Vitals and tasks"><Rail node={node} /></aside>
    </article>
  );
}

function Rail({ node }: { node: NodeView }) {
  return (
    <>
      <section><h2>Vitals</h2><VitalsPanel node={node} /></section>
      <section><h2>Tasks <small>{tasks.value.size || ''}</small></h2><TaskList node={node} /></section>
      <section><h2>About</h2><Facts node={node} /></section>
    </>
  );
}

function Header({ node }: { node: NodeView }) {
  const busy = useSignal(false);
  const problem = useSignal<Problem | null>(null);
  const unanswered = useSignal<RunRequest | null>(null);
  const why = noShell(node);
  const shell = async () => {
    if (busy.value || why !== null) return;
    busy.value = true;
    problem.value = null;
    const request = unanswered.value ?? shellRequest(proposedSize());
    const lost = () => notify.info('What you typed was not sent: the shell did not open.');
    const full = () => notify.info('What you type now is not kept: too much waits for the shell already.');
    earlyKeys.start(lost, full);
    try {
      const task = await openShell(node.nodeId, request);
      unanswered.value = null;
      go({ nodeId: node.nodeId, tab: 'terminal', taskId: task.taskId });
    } catch (error) {
      problem.value = problemOf(error);
      unanswered.value = isUnanswered(error) ? request : null;
      if (earlyKeys.take() !== '') lost();
    } finally {
      busy.value = false;
    }
  };
  return (
    <>
    <header class="node-head">
      <a class="icon-button back" href="#/" aria-label="Back to the list" data-testid="back"><Icon name="back" /></a>
      <div class="grow node-title">
        <h1><StatusDot status={node.status} /><span class="ellipsis">{node.name}</span></h1>
        <p class="muted ellipsis">
          {[STATUS_NAMES[node.status] ?? node.status, node.hostname, [node.os, node.arch].filter(Boolean).join(' ')].filter(Boolean).join(' · ')}
        </p>
      </div>
      <button type="button" class="button" id="open-shell" data-testid="open-shell" onClick={shell}
        disabled={why !== null || busy.value} title={why ?? 'Open a shell (s)'}>
        <Icon name="terminal" />{busy.value ? 'Opening…' : 'Open shell'}
      </button>
      <NodeMenu node={node} />
    </header>
    {problem.value && (
      <ProblemBox problem={problem.value}>
        <button type="button" class="button" disabled={busy.value} onClick={() => void shell()}>Try again</button>
        <button type="button" class="button" onClick={() => { problem.value = null; unanswered.value = null; }}>Dismiss</button>
      </ProblemBox>
    )}
    </>
  );
}

/** The node's problem and the next step. */
function Trouble({ node }: { node: NodeView }) {
  const seen = node.lastSeenAt ? `Last seen ${ago(node.lastSeenAt, now.value)}. ` : '';
  const reason = node.statusReason ? `${node.statusReason[0]!.toUpperCase()}${node.statusReason.slice(1)}. ` : '';
  switch (node.status) {
    case 'ONLINE': return null;
    case 'NEVER_SEEN':
      return <p class="trouble">No agent has joined as this node yet. Make a <b>new invite</b> in its menu and run the join line there.</p>;
    case 'DISABLED':
      return (
        <p class="trouble row gap"><span class="grow">{reason}This node is disabled: its agent is refused.</span>
          {roleAllows(node.role, 'admin') && <button type="button" class="button" onClick={() => void setEnabled(node, true)}>Enable</button>}
        </p>
      );
    case 'STALE': return <p class="trouble">{reason}{seen}Heartbeats are late; it may come back by itself.</p>;
    case 'UNKNOWN': return <p class="trouble">{reason}{seen}The gateway that it is connected to is silent.</p>;
    case 'OFFLINE': return <p class="trouble">{reason}{seen}Commands wait here until it is back. Check that the machine is up and its agent runs.</p>;
  }
}

/** The terminal that was shown last, so that a look at the history does not lose it. */
let lastTerminal: { nodeId: string; taskId: string } | null = null;

const TABS: [Tab, string][] = [['terminal', 'Terminal'], ['history', 'History'], ['overview', 'Vitals and tasks']];

function Tabs({ node }: { node: NodeView }) {
  const { taskId, tab: now } = route.value;
  if (taskId !== null && now === 'terminal') lastTerminal = { nodeId: node.nodeId, taskId };
  const terminal = lastTerminal?.nodeId === node.nodeId ? lastTerminal.taskId : null;
  return (
    <nav class="tabs" aria-label="Views of the node">
      {TABS.map(([tab, name]) => (
        <a key={tab} class={`tab tab-link-${tab}`} aria-current={route.value.tab === tab ? 'page' : undefined} data-testid={`tab-${tab}`}
          href={hashOf({ nodeId: node.nodeId, tab, taskId: tab === 'terminal' ? terminal : null })}>{name}</a>
      ))}
    </nav>
  );
}

function Missing() {
  if (!fleetComplete.value && connectionState.value.kind !== 'stopped') {
    return <div class="empty tall" aria-busy="true"><span class="spinner" /><p>Loading the node…</p></div>;
  }
  return (
    <div class="empty tall" data-testid="node-missing">
      <h2>There is no such node here</h2>
      <p>It may have been deleted, or you may have lost access to it.</p>
      <a class="button" href="#/">Back to the fleet</a>
    </div>
  );
}
