import { useSignal } from '@preact/signals';
import { clockTime } from '../ui/format';
import { Dialog } from '../ui/dialog';
import { connection, connectionState, fleetKnown, freshAt, notices, now } from '../state/app-state';
import { explain, isBlind, STATE_NAMES } from '../state/connection-text';

function explained(): string {
  const state = connectionState.value;
  const fresh = fleetKnown.value && freshAt.value > 0 ? new Date(freshAt.value).toLocaleTimeString() : null;
  return explain(state, now.value, fresh, Math.max(0, Math.round((now.value - connection.heardAt) / 1000)));
}

export function ConnectionBadge() {
  const open = useSignal(false);
  const state = connectionState.value;
  const text = explained();
  const said = notices.value.length;
  return (
    <>
      <button type="button" class={`connection connection-${state.kind}`} data-testid="connection" data-state={state.kind} title={text}
        onClick={() => (open.value = true)}>
        <i />{STATE_NAMES[state.kind]}{said > 0 && <b class="count" title="Notices">{said}</b>}
      </button>
      {open.value && (
        <Dialog title="Connection" onClose={() => (open.value = false)}>
          <p><b>{STATE_NAMES[state.kind]}.</b> {text}</p>
          {isBlind(state) && state.kind !== 'stopped' && state.kind !== 'connecting' && <button type="button" class="button primary" onClick={() => connection.restart()}>Connect now</button>}
          <h3>What was skipped or missed</h3>
          {said === 0 ? <p class="muted">Nothing since this page was opened.</p> : (
            <ul class="plain log">{notices.value.map((n, i) => <li key={i}><small>{clockTime(new Date(n.at).toISOString())}</small> {n.text}</li>).reverse()}</ul>
          )}
        </Dialog>
      )}
    </>
  );
}

/** Shown across the page while the shown state may be old. */
export function ConnectionBanner() {
  const state = connectionState.value;
  // Before the first fleet there is nothing that could be old.
  const opening = state.kind === 'connecting' && !fleetKnown.value;
  if (!isBlind(state) || opening || state.kind === 'stopped') return null;
  const canConnect = state.kind !== 'stale' && state.kind !== 'connecting';
  return (
    <div class="banner" role="alert" data-testid="connection-banner">
      {/* The sentence counts seconds: read aloud once, it is enough that something is wrong. */}
      <span class="off-screen">{STATE_NAMES[state.kind]}. What you see may be old.</span>
      <span class="grow" aria-hidden="true">{explained()}</span>
      {canConnect && <button type="button" class="button small" onClick={() => connection.restart()}>Connect now</button>}
    </div>
  );
}
