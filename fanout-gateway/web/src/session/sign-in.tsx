import { useSignal } from '@preact/signals';
import { api } from '../api/client';
import { problemOf } from '../api/problem';
import type { Problem } from '../api/types';
import { CopyButton } from '../ui/copy-button';
import { Logo } from '../ui/logo';
import { ProblemBox } from '../ui/problem-box';
import { checkSession, connectionState } from './app-state';

export function SignIn() {
  const token = useSignal('');
  const busy = useSignal(false);
  const problem = useSignal<Problem | null>(null);
  const ended = connectionState.value.kind === 'stopped';
  const submit = async (event: Event) => {
    event.preventDefault();
    busy.value = true;
    problem.value = null;
    try {
      await api.signInWithToken(token.value.trim());
      token.value = '';
      await checkSession();
    } catch (error) {
      problem.value = problemOf(error);
    } finally {
      busy.value = false;
    }
  };
  return (
    <main class="sign-in" data-testid="sign-in">
      <Logo large />
      <h1>Sign in to Muster</h1>
      {ended && <p class="notice">You are signed out, or your session has ended.</p>}
      <section class="card">
        <h2>On the machine where Muster runs</h2>
        <p>Start it and open the link that it prints. The link signs you in, once.</p>
        <div class="row gap"><code class="grow block">infra/muster up</code><CopyButton text="infra/muster up" /></div>
      </section>
      <section class="card">
        <h2>With a token</h2>
        <p>Somebody who runs Muster can make one for you with <code>infra/muster token --user YOU</code>.</p>
        <form class="form" onSubmit={submit}>
          <label>Token
            <input type="password" required autocomplete="off" spellcheck={false} value={token.value} data-testid="token"
              onInput={(event) => (token.value = event.currentTarget.value)} />
          </label>
          {problem.value && <ProblemBox problem={problem.value} />}
          <button type="submit" class="button primary" disabled={busy.value || token.value.trim() === ''} data-testid="sign-in-button">
            {busy.value ? 'Signing in…' : 'Sign in'}
          </button>
        </form>
      </section>
    </main>
  );
}
