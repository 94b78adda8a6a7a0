import { useSignal } from '@preact/signals';
import { Icon } from './icon';

export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  // Pages over plain http that are not on loopback have no clipboard API.
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'off-screen';
  (document.querySelector('dialog[open]') ?? document.body).append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  if (!done) throw new Error('copying was refused');
}

export function CopyButton({ text, label = 'Copy', first = false, testid }: { text: string; label?: string; first?: boolean; testid?: string }) {
  const state = useSignal<'idle' | 'done' | 'failed'>('idle');
  const copy = async () => {
    state.value = await copyText(text).then(() => 'done' as const, () => 'failed' as const);
    setTimeout(() => (state.value = 'idle'), 2_000);
  };
  return (
    <button type="button" class="button" autofocus={first} onClick={copy} data-testid={testid}>
      <Icon name={state.value === 'done' ? 'check' : 'copy'} />
      <span aria-live="polite">{{ idle: label, done: 'Copied', failed: 'Select it and press Ctrl-C' }[state.value]}</span>
    </button>
  );
}
