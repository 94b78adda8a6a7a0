import type { FitAddon, Terminal } from './xterm';
import type { Attachment, Connection } from '../feed/connection';
import { bytesOf, type TerminalFrame } from '../feed/frames';
import type { Problem, Task } from '../api/types';
import { bytes } from '../ui/format';
import { InputQueue, type Undelivered } from './input-queue';
import { OutputPump } from './output-pump';
import { PasteGuard } from './paste-guard';
import { screenReader } from '../state/screen-reader';
import { fontFor, rememberSize, type Size } from './size';

export type LiveState =
  | { kind: 'attaching' }
  | { kind: 'live' }
  | { kind: 'ended'; exitCode: number | null };

export interface LiveListener {
  state(state: LiveState): void;
  notice(text: string): void;
  problem(problem: Problem): void;
  /** Text of several lines was pasted, and the program would take each line as typed; `go` pastes it nevertheless. */
  confirmPaste(text: string, go: () => void): void;
  /** The user pressed the key that leaves the terminal. */
  leave(): void;
}

const UNDELIVERED: Record<Undelivered, string> = {
  'too-much': 'That was too much at once and was not sent. Paste less, or put it into a file.',
  'not-connected': 'Not connected: what you type now is not sent.',
  'not-attached': 'What you typed was not sent, because the terminal could not be joined in time.',
  ended: 'This command has ended: what you type is not sent.',
};

export const FONT_SIZE = 13;
const SCROLLBACK_LINES = 5_000;
const ATTACH_LINES = 200;
const RESIZE_DELAY_MS = 120;
/** The size that the engine assumes for output without a terminal. */
const PIPE_SIZE: Size = { cols: 160, rows: 100 };
/** Output of a finished command up to this size is drawn from the raw output. */
const WHOLE_BYTES_MAX = 1024 * 1024;
/**
 * RIS. It goes into the stream itself, so that it comes after the bytes that are still being drawn and before the new
 * picture.
 */
const RESET = new Uint8Array([0x1b, 0x63]);

/**
 * The source of the screen's size: the pane (a shell of this tab), or the process. A pipe has no size; after its first
 * picture the pane decides.
 */
export type Sizing = 'pane' | 'process' | 'pipe';

const THEME = {
  background: '#0e1116', foreground: '#d7dde5', cursor: '#7cc4ff', cursorAccent: '#0e1116', selectionBackground: '#2f4a6b',
  scrollbarSliderBackground: '#ffffff1a', scrollbarSliderHoverBackground: '#ffffff30', scrollbarSliderActiveBackground: '#ffffff40',
  black: '#3b434d', red: '#f47e74', green: '#7ccf8b', yellow: '#e3c46b', blue: '#7ab3f5', magenta: '#c9a0f0', cyan: '#6fd0d6', white: '#d7dde5',
  brightBlack: '#7d8894', brightRed: '#ff9a91', brightGreen: '#99e2a6', brightYellow: '#f2d98a', brightBlue: '#9cc8ff',
  brightMagenta: '#dbbcf9', brightCyan: '#93e4e8', brightWhite: '#f5f8fb',
};

/** One terminal on the screen, connected to one attachment of the feed. */
export class LiveTerminal {
  private readonly terminal: Terminal;
  private readonly fit: FitAddon;
  private readonly pump: OutputPump;
  private readonly attachment: Attachment;
  private readonly input: InputQueue;
  private readonly observer: ResizeObserver;
  private readonly pasteGuard: PasteGuard | null;
  private readonly unsubscribe: () => void;
  private processSize: Size | null = null;
  private drawn = false;
  private ended = false;
  private repainted = false;
  private resizeTimer = 0;
  private sentSize = '';
  private closed = false;
  private live = false;
  private lastWords = () => {};

  constructor(
    private readonly box: HTMLElement,
    parts: typeof import('./xterm'),
    connection: Connection,
    task: Task,
    private sizing: Sizing,
    private readonly mayType: boolean,
    private readonly listener: LiveListener,
    /** The raw output, if it is still there and has at most the given number of bytes. */
    private readonly rawOutput: (bytesMax: number) => Promise<Uint8Array | null>,
  ) {
    this.terminal = new parts.Terminal({
      theme: THEME,
      fontFamily: getComputedStyle(box).getPropertyValue('--mono'),
      fontSize: FONT_SIZE,
      lineHeight: 1.2,
      scrollback: SCROLLBACK_LINES,
      convertEol: sizing === 'pipe',
      cursorBlink: mayType,
      cursorInactiveStyle: mayType ? 'outline' : 'none',
      disableStdin: !mayType,
      screenReaderMode: screenReader.peek(),
      macOptionIsMeta: true,
      allowProposedApi: false,
    });
    this.fit = new parts.FitAddon();
    this.terminal.loadAddon(this.fit);
    // Terminal text is untrusted: it may neither read nor write the clipboard, nor rename the page.
    this.terminal.parser.registerOscHandler(52, () => true);
    this.terminal.parser.registerOscHandler(8, () => true);
    this.terminal.open(box);
    this.keepPageKeys();
    this.pump = new OutputPump(
      (data, done) => this.terminal.write(data, () => { this.wasDrawn(); done(); }),
      (dropped) => this.overflowed(dropped),
    );
    this.input = new InputQueue(
      (data) => this.attachment.input(data),
      (why) => this.undelivered(why),
      () => performance.now(),
      (action, ms) => setTimeout(action, ms),
    );
    if (mayType) {
      this.terminal.onData((data) => this.typed(data));
      // Only old mouse reports are binary.
      this.terminal.onBinary((data) => {
        if (!this.ended && this.attachment.inputBase64(btoa(data)) === 'refused') this.undelivered('not-connected');
      });
    }
    this.pasteGuard = mayType ? new PasteGuard(box, this.terminal, (text, go) => listener.confirmPaste(text, go), (text) => listener.notice(text)) : null;
    this.unsubscribe = screenReader.subscribe((on) => { this.terminal.options.screenReaderMode = on; });
    listener.state({ kind: 'attaching' });
    this.attachment = connection.attach(
      { nodeId: task.nodeId, terminal: task.taskId, mode: 'raw', lines: ATTACH_LINES },
      (frame) => this.received(frame),
    );
    this.observer = new ResizeObserver(() => this.boxResized());
    this.observer.observe(box);
    this.boxResized();
  }

  focus(): void {
    this.terminal.focus();
  }

  /** Acts as if this key had been pressed; arrows are sent in the mode that the program requested. */
  type(key: string): void {
    this.terminal.input(this.terminal.modes.applicationCursorKeysMode ? key.replace(/^\x1b\[(?=[A-D]$)/, '\x1bO') : key);
  }

  /** Acts as if this text had been typed. */
  send(text: string): void {
    if (text !== '') this.terminal.input(text);
  }

  /** Requests the view again, after an error. */
  restart(): void {
    this.attachment.restart();
  }

  /** From now on the pane decides the size, as for a shell that this tab opened. */
  takeSize(): void {
    if (this.sizing === 'pane') return;
    this.sizing = 'pane';
    this.sentSize = '';
    this.boxResized();
  }

  /** @returns whether typed keys had not been sent yet; they are dropped */
  close(): boolean {
    this.closed = true;
    this.unsubscribe();
    this.pasteGuard?.close();
    let unsent = false;
    this.lastWords = () => { unsent = true; };
    this.input.refuse('not-attached');
    clearTimeout(this.resizeTimer);
    this.observer.disconnect();
    this.attachment.detach();
    this.pump.reset();
    this.terminal.dispose();
    return unsent;
  }

  private typed(data: string): void {
    if (this.ended) this.undelivered('ended');
    else this.input.push(data);
  }

  private received(frame: TerminalFrame): void {
    switch (frame.type) {
      case 'attached':
        this.ended = false;
        this.live = true;
        this.drawn = false;
        this.pump.reset();
        this.terminal.reset();
        this.setProcessSize(frame.cols && frame.rows ? { cols: frame.cols, rows: frame.rows } : PIPE_SIZE);
        this.repainted = false;
        this.listener.state({ kind: 'live' });
        this.input.release();
        this.sentSize = '';
        this.sendSizeSoon();
        break;
      case 'output':
        if (frame.repaint) this.repainted = true;
        this.pump.push(frame.repaint ? afterReset(bytesOf(frame.data)) : bytesOf(frame.data));
        break;
      case 'resized':
        this.setProcessSize(frame);
        break;
      case 'ended':
        this.ended = true;
        this.live = false;
        this.input.refuse('ended');
        this.terminal.options.cursorBlink = false;
        this.listener.state({ kind: 'ended', exitCode: frame.exitCode ?? null });
        if (this.repainted && this.sizing === 'pipe') void this.drawWhole();
        break;
      case 'skipped':
        this.listener.notice(`${size(frame)} of output was skipped here because this page fell behind. History has it.`);
        break;
      case 'gap':
        this.listener.notice(`${size(frame)} of output was lost before it reached Muster${lostBecause(frame.reason)}.`);
        break;
      case 'input-unsure':
        this.listener.notice(`The connection broke. What you typed after ${new Date(frame.since).toLocaleTimeString()} may not have arrived: look before you repeat it.`);
        break;
      case 'input-undelivered':
        this.listener.notice('What you typed did not reach the node: it has no live connection now.');
        break;
      case 'error':
        this.listener.problem(frame.problem);
        // The attach was refused for good: the waiting keys cannot be delivered.
        if (!this.live) this.input.refuse('not-attached');
        break;
      case 'lines':
        break;
    }
  }

  /**
   * The picture of a finished command has only its last screen, without colours. If its output is small, the whole
   * output is drawn.
   */
  private async drawWhole(): Promise<void> {
    const output = await this.rawOutput(WHOLE_BYTES_MAX);
    if (output !== null && !this.closed && this.ended) this.pump.push(afterReset(output));
  }

  private undelivered(why: Undelivered): void {
    if (this.closed) this.lastWords();
    else this.listener.notice(UNDELIVERED[why]);
  }

  private overflowed(dropped: number): void {
    this.listener.notice(`${bytes(dropped)} of output came faster than this page could draw and was left out. History has it.`);
    this.attachment.restart();
  }

  private setProcessSize({ cols, rows }: Size): void {
    if (!(cols > 0 && rows > 0)) return;
    this.processSize = { cols, rows };
    if (this.sizing === 'pane' && this.drawn) return;
    if (this.sizing !== 'pipe' || !this.drawn) this.terminal.resize(Math.min(cols, 500), Math.min(rows, 300));
    this.boxResized();
  }

  /** After the first picture of a pipe its size no longer matters: text flows, so the pane's size reads best. */
  private wasDrawn(): void {
    if (this.drawn || this.closed) return;
    this.drawn = true;
    this.boxResized();
  }

  private boxResized(): void {
    if (this.closed || this.box.clientWidth < 40) return;
    const proposed = this.fit.proposeDimensions();
    if (proposed && Number.isFinite(proposed.cols) && this.terminal.options.fontSize === FONT_SIZE) rememberSize(proposed);
    const followsPane = this.sizing === 'pane' || (this.sizing === 'pipe' && this.drawn);
    // A process's screen may be larger than the pane; one that follows the pane never is.
    this.box.classList.toggle('scrolls', !followsPane);
    if (followsPane) {
      this.terminal.options.fontSize = FONT_SIZE;
      this.fit.fit();
      this.sendSizeSoon();
    } else if (this.processSize) {
      this.terminal.options.fontSize = fontFor(this.processSize.cols, this.box.clientWidth - 18, FONT_SIZE);
    }
  }

  private sendSizeSoon(): void {
    if (this.sizing !== 'pane' || this.ended || !this.mayType) return;
    clearTimeout(this.resizeTimer);
    this.resizeTimer = window.setTimeout(() => {
      const { cols, rows } = this.terminal;
      const size = `${cols}x${rows}`;
      if (this.closed || this.ended || size === this.sentSize) return;
      this.sentSize = size;
      this.attachment.resize(cols, rows);
    }, RESIZE_DELAY_MS);
  }

  /**
   * Ctrl-Shift-L leaves the terminal. Ctrl-Shift-C copies. Ctrl-C copies only if text is selected, else it goes to the
   * process.
   */
  private keepPageKeys(): void {
    this.terminal.attachCustomKeyEventHandler((event) => {
      if (event.type !== 'keydown') return true;
      if (event.code === 'KeyL' && event.ctrlKey && event.shiftKey && !event.altKey) {
        event.preventDefault();
        this.listener.leave();
        return false;
      }
      const copy = event.code === 'KeyC' && event.ctrlKey && (event.shiftKey || this.terminal.hasSelection());
      if (copy && this.terminal.hasSelection()) {
        event.preventDefault();
        void navigator.clipboard?.writeText(this.terminal.getSelection());
        this.terminal.clearSelection();
        return false;
      }
      return !(event.code === 'KeyV' && event.ctrlKey && event.shiftKey);
    });
  }
}

function lostBecause(reason: string | null | undefined): string {
  if (!reason) return '';
  const words: Record<string, string> = { 'agent-spool-full': 'the agent had no more room to keep it', missing: 'it did not arrive' };
  return `, because ${words[reason] ?? reason}`;
}

function afterReset(picture: Uint8Array): Uint8Array {
  const whole = new Uint8Array(RESET.length + picture.length);
  whole.set(RESET);
  whole.set(picture, RESET.length);
  return whole;
}

function size({ from, to }: { from?: unknown; to?: unknown }): string {
  return typeof from === 'number' && typeof to === 'number' && to > from ? bytes(to - from) : 'Some';
}
