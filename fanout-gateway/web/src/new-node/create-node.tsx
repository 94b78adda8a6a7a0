import { signal, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { api } from '../api/client';
import { problemOf } from '../api/problem';
import { repeat, RequestKey } from '../api/repeat';
import type { Invite, Problem } from '../api/types';
import { fleet, fleetVersion, now } from '../state/app-state';
import { go } from '../state/router';
import { CopyButton } from '../ui/copy-button';
import { Dialog } from '../ui/dialog';
import { duration, parseLabels } from '../ui/format';
import { ProblemBox } from '../ui/problem-box';
import { STATUS_NAMES, StatusDot } from '../ui/status';
import { elsewhere } from './join-line';

export interface Invited {
  nodeId: string;
  name: string;
  invite: Invite;
}

/** The server decides; this only gives the answer before the request. */
export const NAME_PATTERN = '[A-Za-z0-9]([A-Za-z0-9._\\-]*[A-Za-z0-9])?';
export const NAME_RULE = 'Letters, digits and . _ - with a letter or digit at each end; at most 63';

const creating = signal(false);
/** An invite to show; it is not shown again after it was closed. */
export const invited = signal<Invited | null>(null);

export function openCreateNode(): void {
  creating.value = true;
}

export function NodeDialogs() {
  return (
    <>
      {creating.value && <CreateNode />}
      {invited.value && <JoinLine invited={invited.value} />}
    </>
  );
}

function CreateNode() {
  const name = useSignal('');
  const labels = useSignal('');
  const groups = useSignal('');
  const busy = useSignal(false);
  const problem = useSignal<Problem | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const key = useRef(new RequestKey());
  useEffect(() => field.current?.focus(), []);
  const close = () => (creating.value = false);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (busy.value) return;
    busy.value = true;
    problem.value = null;
    try {
      const shares = groups.value.split(/[,\s]+/).filter(Boolean);
      const asked = {
        name: name.value.trim(),
        labels: parseLabels(labels.value),
        ...(shares.length > 0 ? { groups: shares } : {}),
      };
      const keyed = { ...asked, idempotencyKey: key.current.of(asked) };
      const { node, invite } = await repeat(() => api.createNode(keyed));
      close();
      invited.value = { nodeId: node.nodeId, name: node.name, invite };
    } catch (error) {
      problem.value = error instanceof Error && error.name === 'Error'
        ? { title: 'The labels cannot be read', status: 422, detail: error.message, code: 'invalid' }
        : problemOf(error);
    } finally {
      busy.value = false;
    }
  };
  return (
    <Dialog title="New node" onClose={close} testid="create-node-dialog">
      <form onSubmit={submit} class="form">
        <label>Name
          <input ref={field} required maxLength={63} pattern={NAME_PATTERN} title={NAME_RULE} value={name.value} placeholder="web-1" autocomplete="off" spellcheck={false}
            data-testid="create-node-name" onInput={(event) => (name.value = event.currentTarget.value)} />
        </label>
        <label>Labels <small>optional, key=value with commas between</small>
          <input value={labels.value} placeholder="env=prod, region=eu" autocomplete="off" spellcheck={false}
            data-testid="create-node-labels" onInput={(event) => (labels.value = event.currentTarget.value)} />
        </label>
        <label>Groups <small>optional; their members may see it and run commands</small>
          <input value={groups.value} placeholder="ops" autocomplete="off" spellcheck={false}
            onInput={(event) => (groups.value = event.currentTarget.value)} />
        </label>
        {problem.value && <ProblemBox problem={problem.value} />}
        <footer class="row gap end">
          <button type="button" class="button" onClick={close}>Cancel</button>
          <button type="submit" class="button primary" disabled={busy.value || name.value.trim() === ''} data-testid="create-node-submit">
            {busy.value ? 'Creating…' : 'Create and get the join line'}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

function JoinLine({ invited: { nodeId, name, invite } }: { invited: Invited }) {
  fleetVersion.value;
  const node = fleet.get(nodeId);
  const joined = node?.status === 'ONLINE';
  const close = () => (invited.value = null);
  const left = invite.expiresAt ? Date.parse(invite.expiresAt) - now.value : null;
  return (
    <Dialog title={`Join ${name}`} onClose={close} testid="join-dialog">
      <p>Run this in a checkout of Muster, on the machine {elsewhere(invite.command) ? <>that is to be <b>{name}</b></> : 'where Muster itself runs: agents elsewhere cannot reach it as it was started'}. The line works once{left === null ? '' : left > 0 ? `, for the next ${duration(left)}` : ' and has expired: make a new invite'}.</p>
      <pre class="join-line" tabIndex={0} data-testid="join-line">{invite.command}</pre>
      <div class="row gap">
        <CopyButton text={invite.command} label="Copy the line" first testid="copy-join-line" />
        <span class="muted">It holds a secret and is not shown again.</span>
      </div>
      <div class={`waiting${joined ? ' done' : ''}`} role="status" data-testid="join-status">
        {joined ? <StatusDot status="ONLINE" /> : <span class="spinner" />}
        {joined ? `${name} is online.` : node && node.status !== 'NEVER_SEEN' ? `${name} is ${STATUS_NAMES[node.status].toLowerCase()}…` : `Waiting for ${name} to join…`}
      </div>
      <footer class="row gap end">
        <button type="button" class="button" onClick={close}>Close</button>
        <button type="button" class={`button${joined ? ' primary' : ''}`} onClick={() => { close(); go({ nodeId }); }}>Open the node</button>
      </footer>
    </Dialog>
  );
}
