import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

export interface MenuItem {
  label: string;
  run: () => void;
  danger?: boolean;
  disabled?: boolean;
  why?: string;
  testid?: string;
}

interface Props {
  label: string;
  items: MenuItem[];
  children: ComponentChildren;
  head?: ComponentChildren;
  testid?: string;
}

/** A button that opens a list of actions; arrows move, Escape closes. */
export function Menu({ label, items, children, head, testid }: Props) {
  const open = useSignal(false);
  const ref = useRef<HTMLDivElement>(null);
  const buttons = () => [...(ref.current?.querySelectorAll<HTMLButtonElement>('[role=menuitem]:not(:disabled)') ?? [])];
  useEffect(() => {
    if (!open.value) return;
    buttons()[0]?.focus();
    const away = (event: Event) => {
      if (!ref.current?.contains(event.target as Node)) open.value = false;
    };
    document.addEventListener('pointerdown', away);
    return () => document.removeEventListener('pointerdown', away);
  }, [open.value]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (!open.value) return;
    const all = buttons();
    const at = all.indexOf(document.activeElement as HTMLButtonElement);
    if (event.key === 'Escape') {
      open.value = false;
      ref.current?.querySelector<HTMLButtonElement>('.menu-button')?.focus();
    } else if (event.key === 'ArrowDown') all[(at + 1) % all.length]?.focus();
    else if (event.key === 'ArrowUp') all[(at - 1 + all.length) % all.length]?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="menu" ref={ref} onKeyDown={onKeyDown}>
      <button type="button" class="icon-button menu-button" aria-label={label} title={label} aria-haspopup="menu"
        aria-expanded={open.value} data-testid={testid} onClick={() => (open.value = !open.value)}>
        {children}
      </button>
      {open.value && (
        <div class="menu-list" role="menu" aria-label={label}>
          {head && <div class="menu-head">{head}</div>}
          {items.map((item) => (
            <button key={item.label} type="button" role="menuitem" class={item.danger ? 'danger' : ''} disabled={item.disabled}
              title={item.disabled ? item.why : undefined} data-testid={item.testid}
              onClick={() => { open.value = false; item.run(); }}>
              {item.label}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
