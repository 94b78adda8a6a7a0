import { openCreateNode } from '../new-node/create-node';
import { Icon } from '../ui/icon';
import { Logo } from '../ui/logo';
import { Menu } from '../ui/menu';
import { me, signOut } from '../state/app-state';
import { ConnectionBadge } from './connection-badge';
import { helpOpen } from './shortcuts';
import { screenReader, setScreenReader } from '../state/screen-reader';
import { setTheme, theme, type Theme } from '../state/theme';

const NEXT: Record<Theme, Theme> = { auto: 'dark', dark: 'light', light: 'auto' };
const NAMES: Record<Theme, string> = { auto: 'as the system', dark: 'dark', light: 'light' };

export function TopBar() {
  const who = me.value;
  return (
    <header class="top-bar">
      <a class="brand" href="#/"><Logo /><span>Muster</span></a>
      <span class="grow" />
      <ConnectionBadge />
      <button type="button" class="button" onClick={openCreateNode} data-testid="create-node" aria-label="New node" title="New node (n)">
        <Icon name="plus" /><span class="wide-only">New node</span>
      </button>
      <button type="button" class="icon-button wide-only" aria-label="Keyboard shortcuts" title="Keyboard shortcuts (?)" onClick={() => (helpOpen.value = true)}><Icon name="help" /></button>
      <button type="button" class="icon-button" aria-label={`Colours: ${NAMES[theme.value]}`} title={`Colours: ${NAMES[theme.value]}`} data-testid="theme"
        onClick={() => setTheme(NEXT[theme.value])}>
        <Icon name={theme.value === 'auto' ? 'auto' : theme.value === 'dark' ? 'moon' : 'sun'} />
      </button>
      {who && (
        <Menu label={`Signed in as ${who.user}`} testid="user-menu"
          head={<><strong>{who.user}</strong><small>{[who.role && `role ${who.role.toLowerCase()}`, who.groups?.length ? `groups ${who.groups.join(', ')}` : null].filter(Boolean).join(' · ') || 'no groups'}</small></>}
          items={[
            { label: 'Keyboard shortcuts', run: () => (helpOpen.value = true) },
            { label: `Screen reader in terminals: ${screenReader.value ? 'on' : 'off'}`, run: () => setScreenReader(!screenReader.value), testid: 'screen-reader' },
            { label: 'Sign out', run: () => void signOut(), testid: 'sign-out' },
          ]}>
          <Icon name="user" />
        </Menu>
      )}
    </header>
  );
}
