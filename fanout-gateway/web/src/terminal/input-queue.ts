import type { Sent } from '../feed/connection';

/**
 * Least time between two input frames, in milliseconds. Servers limit the frames per second, and mice and pastes make
 * many.
 */
export const SEND_EVERY_MS = 25;
/** Characters of one frame; at most three times as many bytes. */
export const FRAME_CHARS_MAX = 4_096;
/** Characters that may wait, as after a large paste; a text that does not fit is refused as a whole. */
export const WAITING_CHARS_MAX = 1_000_000;

/** Keys typed before the terminal is attached are kept this long; sent later they would surprise. */
export const HOLD_MS = 30_000;

export type Undelivered = 'not-connected' | 'too-much' | 'not-attached' | 'ended';

/**
 * Typed keys on their way to the server. A key after a pause is sent at once; keys that follow closely are sent
 * together. Until `release` they are kept, because the terminal is being attached. From then on the result of `send` is
 * their outcome. Keys that cannot be sent are dropped and reported through `undelivered`. They are never sent later,
 * when they would surprise.
 */
export class InputQueue {
  private waiting = '';
  private lastSent = -Infinity;
  private scheduled = false;
  private held = true;
  /** Tells one period of holding from the next. */
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

  /** Drops the waiting keys, and reports it if there were any. */
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

/** Where to cut the text, so that no character is split. */
function cut(text: string): number {
  if (text.length <= FRAME_CHARS_MAX) return text.length;
  const last = text.charCodeAt(FRAME_CHARS_MAX - 1);
  return last >= 0xd800 && last <= 0xdbff ? FRAME_CHARS_MAX - 1 : FRAME_CHARS_MAX;
}
