import { CopyButton } from '../ui/copy-button';
import { Logo } from '../ui/logo';
import { connectionState } from '../state/app-state';
import { TokenForm } from './token-form';

export function SignIn() {
  const ended = connectionState.value.kind === 'stopped';
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
        <p>A person who runs Muster can make one for you with <code>infra/muster token --user YOU</code>.</p>
        <TokenForm />
      </section>
    </main>
  );
}
