/** What the server sends. The contract is the HTTP API's; a field the server leaves out is undefined or null here. */

export const STATUSES = ['ONLINE', 'STALE', 'OFFLINE', 'UNKNOWN', 'NEVER_SEEN', 'DISABLED'] as const;
export type Status = (typeof STATUSES)[number];

export const ROLES = ['view', 'watch', 'type', 'run', 'admin'] as const;
export type Role = (typeof ROLES)[number];

export interface Vitals {
  cpuPercent?: number | null;
  cpuPercentPerCore?: number[] | null;
  memoryUsedBytes?: number | null;
  load1?: number | null;
  load5?: number | null;
  load15?: number | null;
  diskUsedBytes?: number | null;
  diskTotalBytes?: number | null;
}

export interface NodeView {
  nodeId: string;
  name: string;
  owner?: string | null;
  groups?: (string | { name: string; role: string })[] | null;
  labels?: Record<string, string> | null;
  status: Status;
  statusReason?: string | null;
  lastSeenAt?: string | null;
  connectedSince?: string | null;
  agentVersion?: string | null;
  hostname?: string | null;
  os?: string | null;
  arch?: string | null;
  cpuCount?: number | null;
  memoryTotalBytes?: number | null;
  vitals?: Vitals | null;
  /** How many, or their ids. */
  runningTasks?: number | string[] | null;
  enabled?: boolean | null;
  version: number;
  role?: string | null;
}

export type TaskState =
  | 'QUEUED' | 'DISPATCHED' | 'RUNNING'
  | 'SUCCEEDED' | 'FAILED' | 'CANCELLED' | 'TIMED_OUT' | 'EXPIRED' | 'LOST';

export interface Task {
  taskId: string;
  nodeId: string;
  state: TaskState;
  reason?: string | null;
  command?: string | null;
  argv?: string[] | null;
  pty?: { cols: number; rows: number } | null;
  /** The user of the node’s machine who was asked for; null: the agent’s own. */
  user?: string | null;
  requestedBy?: string | null;
  createdAt?: string | null;
  startedAt?: string | null;
  endedAt?: string | null;
  exitCode?: number | null;
  signal?: string | null;
  outputBytes?: number | null;
  /** Typed bytes that were dropped: the process did not read them and no buffer had room for them. */
  inputDroppedBytes?: number | null;
}

export interface Invite {
  token: string;
  expiresAt?: string | null;
  command: string;
}

export interface Me {
  user: string;
  groups?: string[] | null;
  role?: string | null;
  expiresAt?: string | null;
}

/** RFC 9457, as the server fills it. */
export interface Problem {
  type?: string;
  title: string;
  status: number;
  detail?: string | null;
  code: string;
  errorId?: string | null;
}

export interface NodeList {
  nodes: NodeView[];
  next: string | null;
  counts?: Partial<Record<Status, number>>;
}

export interface TerminalHistory {
  terminal: string;
  command?: string | null;
  argv?: string[] | null;
  state?: TaskState | null;
  exitCode?: number | null;
  startedAt?: string | null;
  firstLine: number;
  final?: number | null;
  nextLine?: number | null;
  /** The oldest line that is still kept. */
  firstKept?: number | null;
  lines: string[];
  /** The number of each line, where they are not consecutive, as in a search. */
  numbers?: number[];
}

export function runningCount(node: NodeView): number {
  return Array.isArray(node.runningTasks) ? node.runningTasks.length : (node.runningTasks ?? 0);
}

/** Whether `role` gives at least `needed`. An unknown role gives nothing; the server decides anyway. */
export function roleAllows(role: string | null | undefined, needed: Role): boolean {
  if (role == null) return true;
  return ROLES.indexOf(role.toLowerCase() as Role) >= ROLES.indexOf(needed);
}
