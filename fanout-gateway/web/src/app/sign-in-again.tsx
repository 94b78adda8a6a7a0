import { signal } from '@preact/signals';
import { Dialog } from '../ui/dialog';
import { duration } from '../ui/format';
import { checkSession, me, now, sessionEnded, sessionEndsAt, WARN_BEFORE_MS } from '../state/app-state';
import { TokenForm } from './token-form';

/** The end of the session for which the user asked to sign in again early. */
const early = signal<number | null>(null);

/** Shown over the page when its session has ended, so that no typed text is lost. */
export function SignInAgain() {
  const ended = sessionEnded.value;
  if (!ended && (early.value === null || early.value !== sessionEndsAt.value)) return null;
  const close = () => {
    sessionEnded.value = false;
    early.value = null;
  };
  return (
    <Dialog title={ended ? 'Your session has ended' : 'Sign in again'} onClose={close} testid="sign-in-again">
      <p>Sign in as <b>{me.value?.user}</b> to go on. The page stays as it is, and nothing that you typed is lost.</p>
      <TokenForm key={sessionEndsAt.value} focused />
      <p class="muted">Or open a sign-in link of Muster in another tab, then come back here.</p>
      <footer class="row gap end">
        <button type="button" class="button" onClick={close}>Not now</button>
        <button type="button" class="button" onClick={() => void checkSession()}>I have signed in elsewhere</button>
      </footer>
    </Dialog>
  );
}

/** Announces the end of the session some minutes before. */
export function SessionBanner() {
  const at = sessionEndsAt.value;
  if (at === null || sessionEnded.value) return null;
  const left = at - now.value;
  if (left > WARN_BEFORE_MS) return null;
  return (
    <div class="banner" role="status" data-testid="session-banner">
      <span class="off-screen">Your session ends soon.</span>
      <span class="grow" aria-hidden="true">{left > 0 ? `Your session ends in ${left < 60_000 ? 'less than a minute' : duration(Math.floor(left / 60_000) * 60_000)}.` : 'Your session has ended.'}</span>
      <button type="button" class="button small" onClick={() => (early.value = at)}>Sign in again</button>
    </div>
  );
}
