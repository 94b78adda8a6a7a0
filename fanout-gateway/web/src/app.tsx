import { FleetOverview } from './fleet/fleet-overview';
import { NodeList } from './fleet/node-list';
import { NodeActionDialogs } from './node/node-actions';
import { NodeDialogs } from './new-node/create-node';
import { NodePage } from './node/node-page';
import { checkSession, connectionState, fleetKnown, me, meProblem } from './state/app-state';
import { ConnectionBanner } from './app/connection-badge';
import { isBlind } from './state/connection-text';
import { route } from './state/router';
import { Help } from './app/shortcuts';
import { SessionBanner, SignInAgain } from './app/sign-in-again';
import { SignIn } from './app/sign-in';
import { TopBar } from './app/top-bar';
import { ProblemBox } from './ui/problem-box';
import { Toasts } from './ui/toasts';

export function App() {
  if (me.value === null) return <><SignIn /><Toasts /></>;
  if (me.value === undefined) {
    return (
      <main class="sign-in">
        {meProblem.value
          ? <ProblemBox problem={meProblem.value}><button type="button" class="button" onClick={() => void checkSession()}>Try again</button></ProblemBox>
          : <span class="spinner" aria-label="Loading" />}
      </main>
    );
  }
  const onNode = route.value.nodeId !== null;
  const blind = fleetKnown.value && isBlind(connectionState.value);
  return (
    <div class={`app ${onNode ? 'on-node' : 'on-fleet'}${blind ? ' blind' : ''}`}>
      <TopBar />
      <div class="banners"><ConnectionBanner /><SessionBanner /></div>
      <NodeList />
      <main class="main">{onNode ? <NodePage /> : <FleetOverview />}</main>
      <NodeDialogs />
      <NodeActionDialogs />
      <Help />
      <SignInAgain />
      <Toasts />
    </div>
  );
}
