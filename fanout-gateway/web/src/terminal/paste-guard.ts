import type { Terminal } from './xterm';
import { cleanPaste, linesOf } from './pasted';

/** Kinds of input that insert text without key presses. */
const PASTES = new Set(['insertFromPaste', 'insertFromDrop', 'insertFromYank', 'insertFromPasteAsQuotation', 'insertReplacementText']);

/**
 * Guards every way by which untyped text comes into a terminal: the clipboard by key, menu or middle click, a drop, and
 * text that a phone's keyboard inserts. The text is cleaned before xterm.js sees it, because xterm.js 6.0.0 brackets a
 * paste without cleaning it. If the program does not separate a paste from keys, each line would run as it arrives, so
 * the user confirms several lines first.
 */
export class PasteGuard {
  private readonly aborter = new AbortController();

  constructor(
    box: HTMLElement,
    private readonly terminal: Terminal,
    private readonly confirm: (text: string, go: () => void) => void,
    private readonly notice: (text: string) => void,
  ) {
    // Before the listeners of xterm.js, which are on inner elements.
    const options = { capture: true, signal: this.aborter.signal };
    box.addEventListener('paste', (event) => this.take(event, event.clipboardData?.getData('text/plain') ?? ''), options);
    box.addEventListener('dragover', (event) => event.preventDefault(), options);
    box.addEventListener('drop', (event) => {
      if (event.dataTransfer?.files.length) this.notice('Files cannot be dropped into a terminal.');
      this.take(event, event.dataTransfer?.getData('text/plain') ?? '');
    }, options);
    box.addEventListener('beforeinput', (event) => this.beforeInput(event as InputEvent), options);
  }

  close(): void {
    this.aborter.abort();
  }

  paste(text: string): void {
    if (text === '') return;
    const clean = cleanPaste(text);
    if (this.terminal.modes.bracketedPasteMode || linesOf(clean) === 1) this.terminal.paste(clean);
    else this.confirm(clean, () => this.terminal.paste(clean));
  }

  private take(event: Event, text: string): void {
    event.preventDefault();
    event.stopPropagation();
    this.paste(text);
  }

  private beforeInput(event: InputEvent): void {
    const text = event.data ?? event.dataTransfer?.getData('text/plain') ?? '';
    // A key gives one character; a keyboard's clipboard may arrive as "text" too.
    if (PASTES.has(event.inputType) || (event.inputType === 'insertText' && text !== cleanPaste(text)) || /[\r\n]./s.test(text)) this.take(event, text);
  }
}
