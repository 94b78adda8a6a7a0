import type { ConnectionState } from '../feed/connection';
import { BREAKS, CLOSED } from './feed-words';

export const STATE_NAMES: Record<ConnectionState['kind'], string> = {
  connecting: 'Connecting', loading: 'Loading', live: 'Live', lagging: 'Behind', silent: 'Silent', stale: 'Not fresh', offline: 'Offline',
  waiting: 'Disconnected', refused: 'Refused', stopped: 'Signed out',
};

/** Whether figures on the page may be old while nothing else shows it. */
export function isBlind(state: ConnectionState): boolean {
  return state.kind !== 'live' && state.kind !== 'lagging' && state.kind !== 'loading';
}

/**
 * The text about the feed for the user.
 *
 * @param fresh the time of day of the shown state; null: nothing is shown yet
 * @param silentSeconds how long nothing has arrived
 */
export function explain(state: ConnectionState, time: number, fresh: string | null, silentSeconds: number): string {
  const old = fresh === null ? '' : ` What you see is from ${fresh}.`;
  switch (state.kind) {
    case 'connecting': return `Opening the live feed.${old}`;
    case 'loading': return 'Reading the fleet.';
    case 'live': return 'Changes show as they happen.';
    case 'lagging': return 'This page reads more slowly than the fleet changes. What it shows is a little old; it catches up by itself.';
    case 'silent': return fresh === null ? `No sign of the server for ${silentSeconds} s.` : `No sign of the server for ${silentSeconds} s; what you see is from ${fresh}.`;
    case 'stale': return `The server has not heard from its ${state.part} for a while.${old}`;
    case 'offline': return `This browser says that it is offline.${old}`;
    case 'waiting':
      return `${BREAKS[state.code] ?? (state.reason === 'silent' ? 'The server gave no sign of life.' : state.reason === 'no answer' ? 'The server does not answer.' : 'The connection to the server broke.')}`
        + ` Next try in ${Math.max(0, Math.ceil((state.retryAt - time) / 1000))} s.${old}`;
    case 'refused': return CLOSED[state.code] ?? `The server closed the feed and named no reason that this page knows (${state.code}).`;
    case 'stopped': return 'You are signed out.';
  }
}
