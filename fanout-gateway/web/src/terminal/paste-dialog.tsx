import { Dialog } from '../ui/dialog';
import { linesOf } from './pasted';

export interface Pasting {
  text: string;
  go: () => void;
}

const SHOWN_CHARS_MAX = 2_000;

/** Asks before text of several lines goes to a program that would take each line as typed. */
export function PasteDialog({ pasting: { text, go }, onClose }: { pasting: Pasting; onClose: () => void }) {
  return (
    <Dialog title={`Paste ${linesOf(text)} lines?`} onClose={onClose} testid="paste-dialog">
      <p>This program does not tell pasted text from typed text. Each line end counts as Enter, so a shell runs the lines one by one.</p>
      <pre class="join-line" tabIndex={0}>{text.slice(0, SHOWN_CHARS_MAX)}{text.length > SHOWN_CHARS_MAX ? '…' : ''}</pre>
      <footer class="row gap end">
        <button type="button" class="button" autofocus onClick={onClose}>Do not paste</button>
        <button type="button" class="button primary" data-testid="paste-confirm" onClick={() => { onClose(); go(); }}>Paste</button>
      </footer>
    </Dialog>
  );
}
