import type { Status, TaskState } from '../api/types';

export const STATUS_NAMES: Record<Status, string> = {
  ONLINE: 'Online', STALE: 'Stale', OFFLINE: 'Offline', UNKNOWN: 'Unknown', NEVER_SEEN: 'Never seen', DISABLED: 'Disabled',
};

export const STATUS_MEANINGS: Record<Status, string> = {
  ONLINE: 'Connected, and its heartbeats arrive in time.',
  STALE: 'Two heartbeats are missing.',
  OFFLINE: 'Disconnected, or three heartbeats are missing.',
  UNKNOWN: 'Its gateway is silent, so nothing is known.',
  NEVER_SEEN: 'Created, but no agent has joined as it yet.',
  DISABLED: 'Disabled by an administrator.',
};

/** A dot whose shape differs as well as its colour. */
export function StatusDot({ status }: { status: Status }) {
  return <span class={`dot dot-${status.toLowerCase().replace('_', '-')}`} role="img" aria-label={STATUS_NAMES[status] ?? status} />;
}

const TASK_NAMES: Record<TaskState, string> = {
  QUEUED: 'Queued', DISPATCHED: 'Sent', RUNNING: 'Running', SUCCEEDED: 'Succeeded', FAILED: 'Failed',
  CANCELLED: 'Cancelled', TIMED_OUT: 'Timed out', EXPIRED: 'Expired', LOST: 'Outcome unknown',
};

export function TaskBadge({ state }: { state: TaskState }) {
  return <span class={`badge badge-${state.toLowerCase().replace('_', '-')}`}>{TASK_NAMES[state] ?? state}</span>;
}
