/** Lines kept on the page for one terminal; the oldest go first, and can be loaded again. */
export const LINES_MAX = 20_000;

/** Clean lines of one terminal by number: most are final, and some at the end may still change. */
export class LineBuffer {
  private lines: (string | null)[] = [];
  first = 0;
  final = 0;

  /** The number after the last existing line. */
  get next(): number {
    return this.first + this.lines.length;
  }

  get size(): number {
    return this.lines.length;
  }

  /** A line by number; null when it was never received. */
  at(line: number): string | null {
    return this.lines[line - this.first] ?? null;
  }

  reset(first: number): void {
    this.lines = [];
    this.first = first;
    this.final = first;
  }

  /** Replaces the lines from `firstLine` on; lines at or above `nextLine` do not exist now. */
  apply(firstLine: number, lines: readonly string[], final: number, nextLine: number): void {
    if (this.lines.length === 0) this.first = Math.min(firstLine, nextLine);
    lines.forEach((line, i) => this.set(firstLine + i, line));
    if (nextLine < this.next) this.lines.length = Math.max(0, nextLine - this.first);
    this.final = Math.max(this.final, final);
    this.trim();
  }

  /** Older lines, which end at or before the beginning of the buffer. */
  prepend(firstLine: number, lines: readonly string[]): void {
    const room = Math.max(0, LINES_MAX - this.lines.length);
    const wanted = lines.slice(0, Math.max(0, this.first - firstLine));
    const hole = Math.max(0, this.first - (firstLine + wanted.length));
    const older: (string | null)[] = [...wanted, ...new Array<null>(Math.min(hole, LINES_MAX)).fill(null)];
    const kept = older.slice(Math.max(0, older.length - room));
    this.lines = [...kept, ...this.lines];
    this.first -= kept.length;
  }

  /** Lines for gaps; present lines stay, because they are newer. */
  fill(firstLine: number, lines: readonly string[]): void {
    lines.forEach((line, i) => {
      const at = firstLine + i - this.first;
      if (at >= 0 && at < this.lines.length && this.lines[at] === null) this.lines[at] = line;
    });
  }

  get isFull(): boolean {
    return this.lines.length >= LINES_MAX;
  }

  private set(line: number, text: string): void {
    if (line < this.first) return;
    if (line - this.next > LINES_MAX) this.reset(line);
    while (this.next < line) this.lines.push(null);
    this.lines[line - this.first] = text;
  }

  private trim(): void {
    const over = this.lines.length - LINES_MAX;
    // A quarter at once, so that a fast stream does not shift the whole array for every frame.
    if (over > LINES_MAX / 4) {
      this.lines.splice(0, over);
      this.first += over;
    }
  }
}
