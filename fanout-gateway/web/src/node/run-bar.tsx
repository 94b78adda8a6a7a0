import { useSignal } from '@preact/signals';
import { problemOf } from '../api/problem';
import { roleAllows, type NodeView, type Problem } from '../api/types';
import { go } from '../state/router';
import { Icon } from '../ui/icon';
import { ProblemBox } from '../ui/problem-box';
import { CommandMemory } from '../tasks/command-memory';
import type { RunRequest } from '../api/client';
import { isUnanswered, keyed, runCommand } from '../tasks/run-command';

const memory = new CommandMemory(typeof localStorage === 'undefined' ? null : localStorage);

export function RunBar({ node }: { node: NodeView }) {
  const text = useSignal('');
  const busy = useSignal(false);
  const problem = useSignal<Problem | null>(null);
  const at = useSignal(0);
  /** A request whose outcome is unknown. */
  const unanswered = useSignal<RunRequest | null>(null);
  const mayRun = roleAllows(node.role, 'run');
  const allowed = mayRun && node.status !== 'DISABLED';
  const submit = async (event?: Event) => {
    event?.preventDefault();
    const command = text.value.trimEnd();
    if (command.trim() === '' || busy.value) return;
    busy.value = true;
    problem.value = null;
    const request = unanswered.value?.command === command ? unanswered.value : keyed({ command });
    try {
      const task = await runCommand(node.nodeId, request);
      unanswered.value = null;
      memory.add(command);
      at.value = 0;
      text.value = '';
      go({ nodeId: node.nodeId, tab: 'terminal', taskId: task.taskId });
    } catch (error) {
      problem.value = problemOf(error);
      unanswered.value = isUnanswered(error) ? request : null;
    } finally {
      busy.value = false;
    }
  };
  const recall = (event: KeyboardEvent, by: number) => {
    const to = at.value + by;
    const found = to <= 0 ? '' : memory.back(to);
    if (found === undefined) return;
    event.preventDefault();
    at.value = Math.max(0, to);
    edit(found);
  };
  /** Another command is another request; the outcome of the earlier one stays unknown. */
  const edit = (to: string) => {
    text.value = to;
    unanswered.value = null;
    problem.value = null;
  };
  return (
    <>
      <form class="run-bar" onSubmit={submit}>
        <span class="prompt" aria-hidden="true">$</span>
        <input id="run-command" value={text.value} disabled={!allowed} data-testid="run-command" aria-label={`Command to run on ${node.name}`}
          placeholder={!mayRun ? 'Your role on this node does not include running commands'
            : node.status === 'DISABLED' ? 'Enable the node to run commands'
            : node.status === 'ONLINE' ? 'Run a command, such as uptime' : `Run a command: it waits until ${node.name} ${node.status === 'NEVER_SEEN' ? 'joins' : 'is back'}`}
          autocomplete="off" autocapitalize="off" spellcheck={false}
          onInput={(event) => edit(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'ArrowUp') recall(event, 1);
            else if (event.key === 'ArrowDown') recall(event, -1);
          }} />
        <button type="submit" class="button primary" data-testid="run-button" disabled={!allowed || busy.value || text.value.trim() === ''}>
          <Icon name="play" size={13} />{busy.value ? 'Sending…' : 'Run'}
        </button>
      </form>
      {problem.value && (
        <ProblemBox problem={problem.value}>
          {unanswered.value && (
            <>
              <button type="button" class="button" disabled={busy.value} data-testid="run-again" onClick={() => void submit()}>Try again</button>
              <span class="muted">It is sent under the same key, so it runs once, whatever became of the first try.</span>
            </>
          )}
        </ProblemBox>
      )}
    </>
  );
}
