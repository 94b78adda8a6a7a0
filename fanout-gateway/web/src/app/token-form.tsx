import { useSignal } from '@preact/signals';
import { api } from '../api/client';
import { problemOf } from '../api/problem';
import type { Problem } from '../api/types';
import { ProblemBox } from '../ui/problem-box';
import { checkSession } from '../state/app-state';

/** Signs in with a token. */
export function TokenForm({ focused = false }: { focused?: boolean }) {
  const token = useSignal('');
  const busy = useSignal(false);
  const problem = useSignal<Problem | null>(null);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (busy.value) return;
    busy.value = true;
    problem.value = null;
    try {
      await api.signInWithToken(token.value.trim());
      token.value = '';
      await checkSession();
    } catch (error) {
      problem.value = refused(problemOf(error));
    } finally {
      busy.value = false;
    }
  };
  return (
    <form class="form" onSubmit={submit}>
      <label>Token
        <input type="password" required autofocus={focused} autocomplete="off" spellcheck={false} value={token.value} data-testid="token"
          onInput={(event) => (token.value = event.currentTarget.value)} />
      </label>
      {problem.value && <ProblemBox problem={problem.value} />}
      <button type="submit" class="button primary" disabled={busy.value || token.value.trim() === ''} data-testid="sign-in-button">
        {busy.value ? 'Signing in…' : 'Sign in'}
      </button>
    </form>
  );
}

/** One sentence about a refused token. The user has just typed it, so "you are not signed in" would be no help. */
function refused(problem: Problem): Problem {
  if (problem.status !== 401) return problem;
  return { ...problem, code: 'invalid', detail: 'This token is not accepted: it is mistyped, expired, or was revoked. Ask for a new one.' };
}
