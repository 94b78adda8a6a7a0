/** Bytes that may wait for the terminal to draw; beyond this the view is requested again, as a fresh picture. */
export const PENDING_BYTES_MAX = 4 * 1024 * 1024;
/** Written in one go; larger writes would make the page miss frames. */
export const WRITE_BYTES_MAX = 256 * 1024;

/**
 * Feeds a terminal no faster than it draws: one write at a time, the next when the last one's callback runs. The
 * waiting bytes are limited. When they overflow, all of them are dropped, `overflowed` is called once, and no more are
 * accepted until `reset`.
 */
export class OutputPump {
  private queue: Uint8Array[] = [];
  private pendingBytes = 0;
  private writing = false;
  private overflow = false;
  private generation = 0;

  constructor(
    private readonly write: (bytes: Uint8Array, done: () => void) => void,
    private readonly overflowed: (droppedBytes: number) => void,
  ) {}

  push(bytes: Uint8Array): void {
    if (this.overflow || bytes.length === 0) return;
    // A chunk is accepted whatever its size if no other chunk waits, so that one large frame cannot overflow again and
    // again.
    if (this.pendingBytes > 0 && this.pendingBytes + bytes.length > PENDING_BYTES_MAX) {
      const dropped = this.pendingBytes + bytes.length;
      this.queue = [];
      this.pendingBytes = 0;
      this.overflow = true;
      this.overflowed(dropped);
      return;
    }
    this.queue.push(bytes);
    this.pendingBytes += bytes.length;
    this.next();
  }

  /** Drops the waiting bytes, as before a new picture. */
  reset(): void {
    this.queue = [];
    this.pendingBytes = 0;
    this.overflow = false;
    this.writing = false;
    this.generation++;
  }

  private next(): void {
    if (this.writing || this.queue.length === 0) return;
    const batch = this.take();
    const generation = this.generation;
    this.writing = true;
    this.write(batch, () => {
      if (generation !== this.generation) return;
      this.writing = false;
      this.next();
    });
  }

  private take(): Uint8Array {
    let size = 0;
    let count = 0;
    for (const chunk of this.queue) {
      if (count > 0 && size + chunk.length > WRITE_BYTES_MAX) break;
      size += chunk.length;
      count++;
    }
    const chunks = this.queue.splice(0, count);
    this.pendingBytes -= size;
    if (chunks.length === 1) return chunks[0]!;
    const batch = new Uint8Array(size);
    let at = 0;
    for (const chunk of chunks) {
      batch.set(chunk, at);
      at += chunk.length;
    }
    return batch;
  }
}
