import { delayMs } from './backoff';
import {
  SUBPROTOCOL,
  type AttachMode, type ClientFrame, type ControlFrame, type FleetFrame, type ServerFrame, type TerminalFrame,
} from './frames';
import { Watchdog } from './watchdog';

/** The used part of a WebSocket; a test provides its own. */
export interface Socket {
  onopen: ((event: unknown) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  send(text: string): void;
  close(code?: number): void;
}

export interface Surroundings {
  openSocket(subprotocol: string): Socket;
  /** Runs `action` after `ms`; the returned function cancels it. */
  schedule(action: () => void, ms: number): () => void;
  random(): number;
  now(): number;
  /**
   * Whether the user is still signed in. Called after a connection failed, because a page cannot see the status of a
   * refused upgrade.
   */
  stillSignedIn(): Promise<boolean>;
}

export type ConnectionState =
  | { kind: 'connecting' }
  | { kind: 'loading' }
  | { kind: 'live' }
  | { kind: 'lagging' }
  /** The socket is open, but nothing arrives. */
  | { kind: 'silent' }
  /** The server answers, but has not heard from a part that it needs. */
  | { kind: 'stale'; part: 'broker' | 'registry' }
  /** The browser reports that it has no network. */
  | { kind: 'offline' }
  | { kind: 'waiting'; retryAt: number; code: number; reason: string }
  | { kind: 'refused'; code: number }
  | { kind: 'stopped'; reason: 'signed-out' | 'closed' };

export interface Listener {
  state(state: ConnectionState): void;
  fleet(frame: FleetFrame): void;
  /** A new session began; without `recovered`, a whole snapshot follows. */
  opened(recovered: boolean, reason: string | null): void;
  control(frame: ControlFrame): void;
}

export interface AttachSpec {
  nodeId: string;
  terminal: string;
  mode: AttachMode;
  lines: number;
}

/** The outcome of input: it was sent; it may be sent when the attach is answered; it cannot be sent. */
export type Sent = 'sent' | 'later' | 'refused';

export interface Attachment {
  input(data: string): Sent;
  inputBase64(data: string): Sent;
  resize(cols: number, rows: number): void;
  /** Requests the view again from its start, as after an overflow. */
  restart(): void;
  detach(): void;
}

interface Attached {
  spec: AttachSpec;
  on: (frame: TerminalFrame) => void;
  /** Whether the server has answered with `attached` and has sent neither `ended` nor an error since. */
  live: boolean;
  /** Whether the server has released it, so that there is nothing to detach. */
  over: boolean;
  refused: number;
  /** Whether the page requests it again by itself. */
  again: boolean;
  /** When input was last sent. */
  inputAt: number | null;
}

/** How long opening a connection may take, including the opening frame. */
export const OPEN_DEADLINE_MS = 15_000;
/** The wait before a refused attach is tried again, and the number of tries. */
export const ATTACH_RETRY_MS = 1_000;
export const ATTACH_TRIES_MAX = 30;
/** A new task has no terminal yet; the registry may be restarting; there were too many attaches at once. */
const ATTACH_LATER = new Set(['not-found', 'unavailable', 'rate-limited']);

/** The token expired or was revoked while the socket was open. */
const UNAUTHENTICATED = 4401;

/**
 * Whether the page reconnects by itself after this close code. The range of the code decides, as the protocol page
 * says.
 */
export function reopens(code: number): boolean {
  return code === 4408 || (Math.floor(code / 100) !== 44 && code !== 1009);
}

/**
 * One live connection to the server, kept up by itself.
 *
 * connecting -> (socket open, `opened`) loading or live -> (closed) waiting -> connecting ...
 * loading    -> (last snapshot) live <-> lagging
 * live       -> silent, stale or offline, and back with the next frame or heartbeat; silent -> (still nothing) waiting
 * any        -> refused, when the server says that reconnecting is useless; the user may still try
 * any        -> stopped, when signed out or closed
 *
 * The position of the last frame that had one is the resume token of the next connection. Attachments outlive
 * connections. Each is requested again under a new ref, because a recovered session keeps its place among the nodes but
 * not its terminals.
 */
export class Connection {
  private socket: Socket | null = null;
  private resume: string | null = null;
  private attempt = 0;
  private isOpen = false;
  private stopped = false;
  private cancelTimer: () => void = () => {};
  private cancelWatch: () => void = () => {};
  private readonly watchdog = new Watchdog();
  /** The last state of the feed itself, without any doubt about it. */
  private said: ConnectionState = { kind: 'connecting' };
  private shown = '';
  private nextRef = 1;
  private readonly attached = new Map<string, Attached>();

  constructor(
    private readonly around: Surroundings,
    private readonly listener: Listener,
  ) {}

  start(): void {
    this.stopped = false;
    this.connect();
  }

  stop(reason: 'signed-out' | 'closed' = 'closed'): void {
    this.stopped = true;
    this.cancelTimer();
    this.dropSocket();
    this.tell({ kind: 'stopped', reason });
  }

  /** When the last frame arrived; 0: none has. The page shows the state of that time or an earlier one. */
  get freshAt(): number {
    return this.watchdog.freshAt;
  }

  get heardAt(): number {
    return this.watchdog.heardAt;
  }

  /**
   * The browser reports its network. When it is back online, an open connection may be dead, so a new one is opened.
   */
  network(online: boolean): void {
    const wasDoubtful = this.watchdog.doubt(this.around.now()) !== null;
    this.watchdog.network(online, this.around.now());
    if (this.stopped) return;
    if (!online) this.tellDoubts();
    else if (this.socket === null) this.retryNow();
    else if (wasDoubtful) this.restart();
  }

  /** Checks the time now, as after the page was hidden or the machine slept. */
  look(): void {
    if (this.stopped) return;
    if (this.socket === null) this.retryNow();
    else if (this.isOpen) this.watch();
  }

  /** Opens a new connection, as after the user signed in again. */
  restart(): void {
    if (!this.stopped) this.leave();
    this.stopped = false;
    this.cancelTimer();
    this.connect();
  }

  /** Ends the wait, if there is one. */
  retryNow(): void {
    if (this.stopped || this.socket !== null) return;
    this.cancelTimer();
    this.connect();
  }

  attach(spec: AttachSpec, on: (frame: TerminalFrame) => void): Attachment {
    let ref = this.newRef();
    this.attached.set(ref, { spec, on, live: false, over: false, refused: 0, again: false, inputAt: null });
    if (this.isOpen) this.sendAttach(ref, spec);
    const current = () => (this.attached.get(ref)?.on === on ? ref : (ref = this.refOf(on) ?? ref));
    return {
      input: (data) => this.input(current(), { data }),
      inputBase64: (dataBase64) => this.input(current(), { dataBase64 }),
      resize: (cols, rows) => void (this.isLive(current()) && this.send({ op: 'resize', ref: current(), cols, rows })),
      restart: () => this.reattach(current()),
      detach: () => {
        const last = current();
        const over = this.attached.get(last)?.over;
        if (this.attached.delete(last) && over === false) this.send({ op: 'detach', ref: last });
      },
    };
  }

  private connect(): void {
    this.tell({ kind: 'connecting' });
    let socket: Socket;
    try {
      socket = this.around.openSocket(SUBPROTOCOL);
    } catch {
      this.lost(0, 'could not open');
      return;
    }
    this.socket = socket;
    this.cancelTimer = this.around.schedule(() => {
      if (this.socket === socket && !this.isOpen) this.lost(0, 'no answer');
    }, OPEN_DEADLINE_MS);
    socket.onopen = () => socket.send(JSON.stringify({ op: 'open', resume: this.resume }));
    socket.onmessage = (event) => {
      if (this.socket === socket && typeof event.data === 'string') this.received(event.data);
    };
    socket.onclose = (event) => {
      if (this.socket === socket) this.lost(event.code, event.reason);
    };
  }

  private received(text: string): void {
    let frame: ServerFrame;
    try {
      frame = JSON.parse(text) as ServerFrame;
    } catch {
      return;
    }
    if (typeof frame !== 'object' || frame === null) return;
    const now = this.around.now();
    this.watchdog.heard(now);
    if (frame.type === 'heartbeat') this.watchdog.heartbeat(frame, now);
    this.take(frame);
    if (this.isOpen) this.tellDoubts();
  }

  private take(frame: ServerFrame): void {
    switch (frame.type) {
      case 'opened':
        this.opened(frame.recovered, frame.reason ?? null, frame.heartbeatMs ?? null);
        break;
      case 'snapshot':
        this.listener.fleet(frame);
        if (frame.last) this.said = { kind: 'live' };
        break;
      case 'node':
      case 'node-removed':
      case 'task':
        this.listener.fleet(frame);
        break;
      case 'attached': {
        const to = this.attached.get(frame.ref);
        if (to) {
          to.live = true;
          to.refused = 0;
          to.on(frame);
        }
        break;
      }
      case 'lines':
      case 'output':
      case 'resized':
      case 'ended':
      case 'input-undelivered': {
        const to = this.attached.get(frame.ref);
        if (to && frame.type === 'ended') {
          to.live = false;
          to.over = true;
        }
        to?.on(frame);
        break;
      }
      case 'gap':
      case 'skipped':
      case 'error': {
        const to = frame.ref == null ? undefined : this.attached.get(frame.ref);
        if (to && frame.type === 'error' && this.triesLater(frame.ref!, to, frame.problem.code)) break;
        if (to) to.on(frame as TerminalFrame);
        else if (frame.ref == null) this.listener.control(frame);
        break;
      }
      case 'lagging':
        this.said = { kind: 'lagging' };
        this.listener.control(frame);
        break;
      case 'caught-up':
        this.said = { kind: 'live' };
        this.listener.control(frame);
        break;
      default:
        return;
    }
    if ('position' in frame && typeof frame.position === 'string') this.resume = frame.position;
  }

  private opened(recovered: boolean, reason: string | null, heartbeatMs: number | null): void {
    this.isOpen = true;
    this.watchdog.opened(heartbeatMs, this.around.now());
    this.attempt = 0;
    this.cancelTimer();
    this.listener.opened(recovered, reason);
    this.said = { kind: recovered ? 'live' : 'loading' };
    this.watch();
    for (const ref of [...this.attached.keys()]) this.reattach(ref, false);
  }

  private triesLater(ref: string, one: Attached, code: string): boolean {
    if (one.live || one.over) return false;
    // A refused attach does not exist; an error of a live one may be about its input only.
    one.over = true;
    one.again = ATTACH_LATER.has(code) && ++one.refused < ATTACH_TRIES_MAX;
    if (!one.again) return false;
    this.around.schedule(() => {
      if (this.attached.get(ref) === one) this.reattach(ref, false);
    }, ATTACH_RETRY_MS);
    return true;
  }

  /** Checks again when the silence would be too long, then gives the connection up unless something arrives soon. */
  private watch(): void {
    this.cancelWatch();
    this.tellDoubts();
    const now = this.around.now();
    const due = this.watchdog.dueIn(now);
    if (due === null) return;
    if (due > 0) {
      this.cancelWatch = this.around.schedule(() => this.watch(), due);
      return;
    }
    const heardAt = this.watchdog.heardAt;
    this.cancelWatch = this.around.schedule(() => {
      if (this.watchdog.heardAt === heardAt) this.lost(0, 'silent');
      else this.watch();
    }, this.watchdog.giveUpAfterMs);
  }

  private tellDoubts(): void {
    if (this.isOpen) this.tell(this.watchdog.doubt(this.around.now()) ?? this.said);
    else if (this.watchdog.isOffline) this.tell({ kind: 'offline' });
  }

  /** Tells the listener about a state that differs from the last one. */
  private tell(state: ConnectionState): void {
    if (this.watchdog.isOffline && (state.kind === 'connecting' || state.kind === 'waiting')) state = { kind: 'offline' };
    const text = JSON.stringify(state);
    if (text === this.shown) return;
    this.shown = text;
    this.listener.state(state);
  }

  /** Drops the socket; terminals learn that the keys typed since the last frame may not have arrived. */
  private leave(): void {
    const { heardAt } = this.watchdog;
    this.dropSocket();
    for (const [ref, one] of this.attached) {
      const unsure = one.live && one.inputAt !== null && one.inputAt >= heardAt;
      one.live = false;
      one.inputAt = null;
      if (unsure) one.on({ type: 'input-unsure', ref, since: heardAt });
    }
  }

  private lost(code: number, reason: string): void {
    this.leave();
    if (this.stopped) return;
    if (code === UNAUTHENTICATED) {
      this.stop('signed-out');
      return;
    }
    if (!reopens(code)) {
      this.tell({ kind: 'refused', code });
      return;
    }
    const wait = delayMs(this.attempt++, () => this.around.random());
    this.tell({ kind: 'waiting', retryAt: this.around.now() + wait, code, reason });
    this.cancelTimer = this.around.schedule(() => this.connect(), wait);
    this.around.stillSignedIn().then(
      (yes) => {
        if (!yes && !this.stopped && !this.isOpen) this.stop('signed-out');
      },
      () => {},
    );
  }

  private dropSocket(): void {
    this.cancelTimer();
    this.cancelWatch();
    const socket = this.socket;
    this.socket = null;
    this.isOpen = false;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  private reattach(ref: string, detachFirst = true): void {
    const one = this.attached.get(ref);
    if (!one) return;
    this.attached.delete(ref);
    if (detachFirst && !one.over) this.send({ op: 'detach', ref });
    const next = this.newRef();
    one.live = false;
    one.over = false;
    one.again = false;
    this.attached.set(next, one);
    if (this.isOpen) this.sendAttach(next, one.spec);
  }

  private input(ref: string, what: { data: string } | { dataBase64: string }): Sent {
    const one = this.attached.get(ref);
    if (!this.isOpen || this.watchdog.doubt(this.around.now())?.kind === 'silent' || !one) return 'refused';
    if (!one.live) return one.over && !one.again ? 'refused' : 'later';
    one.inputAt = this.around.now();
    return this.send({ op: 'input', ref, ...what }) ? 'sent' : 'refused';
  }

  private isLive(ref: string): boolean {
    return this.attached.get(ref)?.live === true;
  }

  private refOf(on: Attached['on']): string | undefined {
    for (const [ref, one] of this.attached) if (one.on === on) return ref;
    return undefined;
  }

  private newRef(): string {
    return `t${this.nextRef++}`;
  }

  private sendAttach(ref: string, spec: AttachSpec): void {
    this.send({ op: 'attach', ref, ...spec });
  }

  private send(frame: ClientFrame): boolean {
    if (!this.isOpen || this.socket === null) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }
}
