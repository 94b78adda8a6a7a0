/** A silence longer than two heartbeats plus this is reported; a frame may be that late. */
export const GRACE_MS = 2_000;
/** A frame that arrives this soon after the browser reported that it is offline was already on its way. */
export const ON_ITS_WAY_MS = 2_000;

/** The reason for doubt although the socket is open. */
export type Doubt =
  /** Nothing arrived for too long. */
  | { kind: 'silent' }
  /** The gateway is alive, but has not heard from a part that it needs. */
  | { kind: 'stale'; part: 'broker' | 'registry' }
  /** The browser reports that it has no network. */
  | { kind: 'offline' };

/** A heartbeat frame's content: how long before it the gateway heard from its parts; null: never. */
export interface Heard {
  brokerHeardMs?: number | null;
  registryHeardMs?: number | null;
}

/**
 * Judges from the times of frames whether the server is still there. Pure: the caller passes the time.
 *
 * A gateway that names no interval sends no heartbeats; then silence means nothing.
 */
export class Watchdog {
  /** When the last frame arrived. */
  heardAt = 0;
  /** The page shows a state at least as new as this. */
  freshAt = 0;
  private everyMs: number | null = null;
  private part: 'broker' | 'registry' | null = null;
  private offlineAt: number | null = null;
  private offlineFor = false;

  opened(everyMs: number | null, now: number): void {
    this.everyMs = everyMs;
    this.part = null;
    this.offlineFor = false;
    this.heard(now);
  }

  /** Any frame. */
  heard(now: number): void {
    this.heardAt = now;
    if (this.part === null) this.freshAt = now;
    // A machine without a network still reaches a server on itself: a frame is better evidence than the browser.
    if (this.offlineAt !== null && now - this.offlineAt > ON_ITS_WAY_MS) this.offlineFor = false;
  }

  heartbeat(frame: Heard, now: number): void {
    const broker = age(frame.brokerHeardMs);
    const registry = age(frame.registryHeardMs);
    const oldest = Math.max(broker, registry);
    this.part = this.silentAfterMs !== null && oldest > this.silentAfterMs ? (broker >= registry ? 'broker' : 'registry') : null;
    this.heard(now);
    if (this.part !== null && Number.isFinite(oldest)) this.freshAt = Math.min(this.freshAt, now - oldest);
  }

  /** The browser reports its network. */
  network(online: boolean, now: number): void {
    this.offlineFor = !online;
    this.offlineAt = online ? null : now;
  }

  get isOffline(): boolean {
    return this.offlineFor;
  }

  /** How long a silence is normal; null: any silence is. */
  get silentAfterMs(): number | null {
    return this.everyMs === null ? null : 2 * this.everyMs + GRACE_MS;
  }

  /** How long after that the connection is given up. */
  get giveUpAfterMs(): number {
    return this.everyMs ?? 0;
  }

  /** Milliseconds until the silence would be too long; null: never. */
  dueIn(now: number): number | null {
    return this.silentAfterMs === null ? null : Math.max(0, this.heardAt + this.silentAfterMs - now);
  }

  doubt(now: number): Doubt | null {
    if (this.silentAfterMs !== null && now - this.heardAt >= this.silentAfterMs) return { kind: 'silent' };
    if (this.offlineFor) return { kind: 'offline' };
    return this.part === null ? null : { kind: 'stale', part: this.part };
  }
}

function age(ms: number | null | undefined): number {
  return ms === undefined ? 0 : ms ?? Infinity;
}
