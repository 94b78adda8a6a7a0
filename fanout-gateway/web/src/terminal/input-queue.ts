/** Least time between two input frames, in milliseconds: servers bound frames per second, and mice and pastes make many. */
export const SEND_EVERY_MS = 25;
/** Characters of one frame; at most three times as many bytes. */
export const FRAME_CHARS_MAX = 4_096;
/** Characters that may wait, as after a large paste; more is refused as a whole. */
export const WAITING_CHARS_MAX = 1_000_000;

/**
 * What was typed, on its way: a key after a pause goes at once, what follows close behind goes together.
 * Until `release` it is kept, for the terminal is being attached. From then on,
 * `send` says whether there was a connection to send on; what could not be sent is dropped, never sent later, when it would surprise.
 */
export class InputQueue {
  private waiting = '';
  private lastSent = -Infinity;
  private scheduled = false;
  private held = true;

  constructor(
    private readonly send: (data: string) => boolean,
    private readonly undelivered: (why: 'not-connected' | 'too-much') => void,
    private readonly now: () => number,
    private readonly schedule: (action: () => void, ms: number) => void,
  ) {}

  push(data: string): void {
    if (this.waiting.length + data.length > WAITING_CHARS_MAX) {
      this.undelivered('too-much');
      return;
    }
    this.waiting += data;
    this.flush();
  }

  release(): void {
    this.held = false;
    this.flush();
  }

  clear(): void {
    this.waiting = '';
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
    if (!this.send(part)) {
      this.waiting = '';
      this.undelivered('not-connected');
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
