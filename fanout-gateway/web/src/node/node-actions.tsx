import { signal, useSignal } from '@preact/signals';
import { api, newKey } from '../api/client';
import { problemOf } from '../api/problem';
import { repeat } from '../api/repeat';
import { roleAllows, runningCount, type NodeView, type Problem } from '../api/types';
import { fleet, fleetVersion } from '../state/app-state';
import { go } from '../state/router';
import { copyText } from '../ui/copy-button';
import { Dialog } from '../ui/dialog';
import { formatLabels, parseLabels } from '../ui/format';
import { Icon } from '../ui/icon';
import { Menu } from '../ui/menu';
import { ProblemBox } from '../ui/problem-box';
import { notify } from '../ui/toasts';
import { invited, NAME_PATTERN, NAME_RULE } from '../new-node/create-node';

type Asked = { kind: 'edit' | 'delete' | 'revoke'; node: NodeView };
const asked = signal<Asked | null>(null);

export function NodeMenu({ node }: { node: NodeView }) {
  const admin = roleAllows(node.role, 'admin');
  const why = 'This needs the role admin on the node';
  const enabled = node.enabled ?? node.status !== 'DISABLED';
  return (
    <Menu label="More actions" testid="node-menu" items={[
      { label: 'Rename or edit labels…', run: () => (asked.value = { kind: 'edit', node }), disabled: !admin, why, testid: 'edit-node' },
      { label: 'New invite…', run: () => void invite(node), disabled: !admin, why, testid: 'new-invite' },
      { label: enabled ? 'Disable' : 'Enable', run: () => void setEnabled(node, !enabled), disabled: !admin, why, testid: 'toggle-enabled' },
      { label: 'Copy node id', run: () => void copyText(node.nodeId).then(() => notify.info('Copied the node id.'), () => notify.info(node.nodeId)) },
      { label: 'Revoke credential…', run: () => (asked.value = { kind: 'revoke', node }), disabled: !admin, why, danger: true },
      { label: 'Delete…', run: () => (asked.value = { kind: 'delete', node }), disabled: !admin, why, danger: true, testid: 'delete-node' },
    ]}>
      <Icon name="more" />
    </Menu>
  );
}

async function invite(node: NodeView): Promise<void> {
  try {
    const key = newKey();
    const answer = await repeat(() => api.newInvite(node.nodeId, key));
    invited.value = { nodeId: node.nodeId, name: node.name, invite: answer.invite };
  } catch (error) {
    notify.problem(problemOf(error));
  }
}

export async function setEnabled(node: NodeView, enabled: boolean): Promise<void> {
  try {
    await api.patchNode(node.nodeId, { enabled });
    notify.info(enabled ? `${node.name} is enabled.` : `${node.name} is disabled: its agent is refused until you enable it.`);
  } catch (error) {
    notify.problem(problemOf(error));
  }
}

export function NodeActionDialogs() {
  fleetVersion.value;
  const now = asked.value;
  if (now === null) return null;
  const close = () => (asked.value = null);
  const node = fleet.get(now.node.nodeId) ?? now.node;
  switch (now.kind) {
    case 'edit': return <Edit node={now.node} onClose={close} />;
    case 'revoke':
      return (
        <Confirm title={`Revoke the credential of ${node.name}?`} action="Revoke" onClose={close}
          run={() => api.revokeCredential(node.nodeId)} done={`The credential of ${node.name} is revoked.`}>
          <p>Its connection is cut at once, and its agent can come back only with a new invite.</p>
        </Confirm>
      );
    case 'delete': {
      const running = runningCount(node);
      return (
        <Confirm title={`Delete ${node.name}?`} action="Delete" confirm={node.name} onClose={close}
          run={async () => { await api.deleteNode(node.nodeId); go({}); }} done={`${node.name} is deleted.`}>
          <p>
            The node, its tasks and its history go for good{running > 0 ? `, and ${running} running ${running === 1 ? 'task is' : 'tasks are'} cancelled` : ''}.
            To stop it for a while, disable it instead.
          </p>
        </Confirm>
      );
    }
  }
}

interface ConfirmProps {
  title: string;
  action: string;
  /** The text that the user must type first. */
  confirm?: string;
  run: () => Promise<void>;
  done: string;
  onClose: () => void;
  children: preact.ComponentChildren;
}

function Confirm({ title, action, confirm, run, done, onClose, children }: ConfirmProps) {
  const typed = useSignal('');
  const busy = useSignal(false);
  const problem = useSignal<Problem | null>(null);
  const submit = async (event: Event) => {
    event.preventDefault();
    busy.value = true;
    problem.value = null;
    try {
      await run();
      notify.info(done);
      onClose();
    } catch (error) {
      problem.value = problemOf(error);
    } finally {
      busy.value = false;
    }
  };
  return (
    <Dialog title={title} onClose={onClose} testid="confirm-dialog">
      <form class="form" onSubmit={submit}>
        {children}
        {confirm && (
          <label>Type <b>{confirm}</b> to confirm
            <input autocomplete="off" spellcheck={false} value={typed.value} data-testid="confirm-text"
              onInput={(event) => (typed.value = event.currentTarget.value)} />
          </label>
        )}
        {problem.value && <ProblemBox problem={problem.value} />}
        <footer class="row gap end">
          <button type="button" class="button" onClick={onClose}>Keep it</button>
          <button type="submit" class="button danger" data-testid="confirm-button"
            disabled={busy.value || (confirm !== undefined && typed.value !== confirm)}>{action}</button>
        </footer>
      </form>
    </Dialog>
  );
}

function Edit({ node, onClose }: { node: NodeView; onClose: () => void }) {
  const name = useSignal(node.name);
  const labels = useSignal(formatLabels(node.labels));
  const problem = useSignal<Problem | null>(null);
  const busy = useSignal(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    problem.value = null;
    let wanted: Record<string, string>;
    try {
      wanted = parseLabels(labels.value);
    } catch (error) {
      problem.value = { title: 'The labels cannot be read', status: 422, detail: (error as Error).message, code: 'invalid' };
      return;
    }
    // A merge patch removes what is null.
    const gone = Object.keys(node.labels ?? {}).filter((key) => !(key in wanted)).map((key) => [key, null] as const);
    busy.value = true;
    try {
      await api.patchNode(node.nodeId, { name: name.value.trim(), labels: { ...wanted, ...Object.fromEntries(gone) } });
      onClose();
    } catch (error) {
      problem.value = problemOf(error);
    } finally {
      busy.value = false;
    }
  };
  return (
    <Dialog title={`Edit ${node.name}`} onClose={onClose} testid="edit-dialog">
      <form class="form" onSubmit={submit}>
        <label>Name<input required maxLength={63} pattern={NAME_PATTERN} title={NAME_RULE} value={name.value} data-testid="edit-name" onInput={(event) => (name.value = event.currentTarget.value)} /></label>
        <label>Labels <small>key=value, with commas between</small>
          <input value={labels.value} spellcheck={false} data-testid="edit-labels" onInput={(event) => (labels.value = event.currentTarget.value)} />
        </label>
        {problem.value && <ProblemBox problem={problem.value} />}
        <footer class="row gap end">
          <button type="button" class="button" onClick={onClose}>Cancel</button>
          <button type="submit" class="button primary" disabled={busy.value || name.value.trim() === ''} data-testid="edit-save">Save</button>
        </footer>
      </form>
    </Dialog>
  );
}
