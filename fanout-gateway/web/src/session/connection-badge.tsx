import { useSignal } from '@preact/signals';
import { clockTime } from '../ui/format';
import { Dialog } from '../ui/dialog';
import { connection, connectionState, notices, now } from './app-state';
import type { ConnectionState } from '../feed/connection';

const TEXTS: Record<ConnectionState['kind'], string> = {
  connecting: 'Connecting', loading: 'Loading', live: 'Live', lagging: 'Behind', waiting: 'Disconnected', refused: 'Refused', stopped: 'Signed out',
};
const REFUSALS: Record<number, string> = {
  1009: 'This page sent a frame that was too large.',
  4403: 'Your access was withdrawn.',
  4429: 'You have too many sessions open. Close one, then connect again.',
};

export function explain(state: ConnectionState, time: number): string {
  switch (state.kind) {
    case 'connecting': return 'Opening the live feed.';
    case 'loading': return 'Reading the fleet for the first time.';
    case 'live': return 'Changes show as they happen.';
    case 'lagging': return 'This page reads more slowly than the fleet changes. What it shows is a little old; it catches up by itself.';
    case 'waiting': return `The live feed broke${state.code ? ` (code ${state.code})` : ''}. Next try in ${Math.max(0, Math.ceil((state.retryAt - time) / 1000))} s. What you see is from before.`;
    case 'refused': return REFUSALS[state.code] ?? `The server closed the feed (code ${state.code}).`;
    case 'stopped': return 'You are signed out.';
  }
}

export function ConnectionBadge() {
  const open = useSignal(false);
  const state = connectionState.value;
  const said = notices.value.length;
  return (
    <>
      <button type="button" class={`connection connection-${state.kind}`} data-testid="connection" data-state={state.kind} title={explain(state, now.value)}
        onClick={() => (open.value = true)}>
        <i />{TEXTS[state.kind]}{said > 0 && <b class="count" title="Notices">{said}</b>}
      </button>
      {open.value && (
        <Dialog title="Connection" onClose={() => (open.value = false)}>
          <p><b>{TEXTS[state.kind]}.</b> {explain(state, now.value)}</p>
          {(state.kind === 'waiting' || state.kind === 'refused') && <button type="button" class="button primary" onClick={() => connection.retryNow()}>Connect now</button>}
          <h3>What was skipped or missed</h3>
          {said === 0 ? <p class="muted">Nothing since this page was opened.</p> : (
            <ul class="plain log">{notices.value.map((n, i) => <li key={i}><small>{clockTime(new Date(n.at).toISOString())}</small> {n.text}</li>).reverse()}</ul>
          )}
        </Dialog>
      )}
    </>
  );
}

/** Across the page while what is shown may be old. */
export function ConnectionBanner() {
  const state = connectionState.value;
  if (state.kind !== 'waiting' && state.kind !== 'refused') return null;
  return (
    <div class="banner" role="alert" data-testid="connection-banner">
      <span class="grow">{explain(state, now.value)}</span>
      <button type="button" class="button small" onClick={() => connection.retryNow()}>Connect now</button>
    </div>
  );
}
