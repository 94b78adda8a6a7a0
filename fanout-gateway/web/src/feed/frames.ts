import type { NodeView, Problem, Task } from '../api/types';

/** Frames of the subprotocol `muster.v1.json`. Unlisted types are ignored. */
export const SUBPROTOCOL = 'muster.v1.json';

export type AttachMode = 'raw' | 'text';

export type ClientFrame =
  | { op: 'open'; resume: string | null }
  | { op: 'attach'; ref: string; nodeId: string; terminal?: string; mode: AttachMode; lines: number }
  | { op: 'detach'; ref: string }
  | { op: 'input'; ref: string; data: string }
  | { op: 'input'; ref: string; dataBase64: string }
  | { op: 'resize'; ref: string; cols: number; rows: number };

interface Positioned {
  position?: string | null;
}

export interface AttachedFrame extends Positioned {
  type: 'attached';
  ref: string;
  terminal: string;
  firstLine: number;
  nextLine: number;
  /** Null if the process has no terminal. */
  cols: number | null;
  rows: number | null;
}
export interface LinesFrame extends Positioned {
  type: 'lines';
  ref: string;
  firstLine: number;
  lines: string[];
  final: number;
  nextLine: number;
}
export interface OutputFrame extends Positioned {
  type: 'output';
  ref: string;
  /** These bytes draw the present picture on a blank terminal; live ones continue from `offset`. */
  repaint?: boolean;
  offset: number;
  data: string;
}
export interface SkippedFrame extends Positioned {
  type: 'skipped';
  ref?: string;
  /** Bytes of raw output, or lines. */
  scope?: string;
  from?: number;
  to?: number;
  reason?: string;
}
export interface GapFrame extends Positioned {
  type: 'gap';
  ref?: string;
  scope?: string;
  from?: unknown;
  to?: unknown;
  reason?: string | null;
}
export interface ErrorFrame {
  type: 'error';
  ref?: string | null;
  problem: Problem;
}
export interface ResizedFrame extends Positioned {
  type: 'resized';
  ref: string;
  cols: number;
  rows: number;
}
export interface EndedFrame extends Positioned {
  type: 'ended';
  ref: string;
  exitCode?: number | null;
  signal?: string | null;
  /** Null if it is known how the process ended. */
  reason?: string | null;
}
export interface InputUndeliveredFrame {
  type: 'input-undelivered';
  ref: string;
  reason?: string;
}

/** Made by this page, never received: the connection broke, and the keys typed since then may not have arrived. */
export interface InputUnsureFrame {
  type: 'input-unsure';
  ref: string;
  since: number;
}

export type TerminalFrame =
  | AttachedFrame | LinesFrame | OutputFrame | ResizedFrame | EndedFrame | InputUndeliveredFrame | InputUnsureFrame
  | (SkippedFrame & { ref: string })
  | (GapFrame & { ref: string })
  | (ErrorFrame & { ref: string });

export type FleetFrame =
  | ({ type: 'snapshot'; nodes: NodeView[]; last?: boolean } & Positioned)
  | ({ type: 'node'; node: NodeView } & Positioned)
  | ({ type: 'node-removed'; nodeId: string; version?: number } & Positioned)
  | ({ type: 'task'; task: Task } & Positioned);

export type ControlFrame =
  | ({ type: 'opened'; recovered: boolean; reason?: string | null; heartbeatMs?: number | null } & Positioned)
  | ({ type: 'heartbeat'; everyMs?: number; brokerHeardMs?: number | null; registryHeardMs?: number | null } & Positioned)
  | ({ type: 'lagging'; records?: number; bytes?: number } & Positioned)
  | ({ type: 'caught-up' } & Positioned)
  | GapFrame
  | SkippedFrame
  | ErrorFrame;

export type ServerFrame = FleetFrame | ControlFrame | TerminalFrame;

/** The bytes of an `output` frame. */
export function bytesOf(base64: string): Uint8Array {
  const binary = atob(base64);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
