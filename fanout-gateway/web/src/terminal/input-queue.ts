import type { Sent } from '../feed/connection';

/** Least time between two input frames, in milliseconds: servers bound frames per second, and mice and pastes make many. */
export const SEND_EVERY_MS = 25;
/** Characters of one frame; at most three times as many bytes. */
export const FRAME_CHARS_MAX = 4_096;
/** Characters that may wait, as after a large paste; more is refused as a whole. */
export const WAITING_CHARS_MAX = 1_000_000;

/** What was typed before the terminal is attached is kept this long; sent later it would surprise. */
export const HOLD_MS = 30_000;

export type Undelivered = 'not-connected' | 'too-much' | 'not-attached' | 'ended';

/**
 * What was typed, on its way: a key after a pause goes at once, what follows close behind goes together.
 * Until `release` it is kept, for the terminal is being attached. From then on,
 * `send` says what became of it. What cannot go out is dropped and `undelivered` is told, never sent later, when it would surprise.
 */
export class InputQueue {
  private waiting = '';
  private lastSent = -Infinity;
  private scheduled = false;
  private held = true;
  /** Tells one time of holding from the next. */
  private holding = 0;

  constructor(
    private readonly send: (data: string) => Sent,
    private readonly undelivered: (why: Undelivered) => void,
    private readonly now: () => number,
    private readonly schedule: (action: () => void, ms: number) => void,
  ) {}

  push(data: string): void {
    if (this.waiting.length + data.length > WAITING_CHARS_MAX) {
      this.undelivered('too-much');
      return;
    }
    const first = this.waiting === '';
    this.waiting += data;
    if (this.held && first) this.giveUpLater();
    this.flush();
  }

  release(): void {
    this.held = false;
    this.holding++;
    this.flush();
  }

  /** Drops what waits, and says so if that is anything. */
  refuse(why: Undelivered): void {
    if (this.waiting === '') return;
    this.waiting = '';
    this.undelivered(why);
  }

  private giveUpLater(): void {
    const holding = ++this.holding;
    this.schedule(() => {
      if (this.held && holding === this.holding) this.refuse('not-attached');
    }, HOLD_MS);
  }

  private flush(): void {
    if (this.held || this.scheduled || this.waiting === '') return;
    const wait = this.lastSent + SEND_EVERY_MS - this.now();
    if (wait > 0) {
      this.scheduled = true;
      this.schedule(() => {
        this.scheduled = false;
        this.flush();
      }, wait);
      return;
    }
    const part = this.waiting.slice(0, cut(this.waiting));
    this.lastSent = this.now();
    const became = this.send(part);
    if (became === 'refused') {
      this.refuse('not-connected');
      return;
    }
    if (became === 'later') {
      this.held = true;
      this.giveUpLater();
      return;
    }
    this.waiting = this.waiting.slice(part.length);
    this.flush();
  }
}

/** Where to cut, so that no character is torn in two. */
function cut(text: string): number {
  if (text.length <= FRAME_CHARS_MAX) return text.length;
  const last = text.charCodeAt(FRAME_CHARS_MAX - 1);
  return last >= 0xd800 && last <= 0xdbff ? FRAME_CHARS_MAX - 1 : FRAME_CHARS_MAX;
}
