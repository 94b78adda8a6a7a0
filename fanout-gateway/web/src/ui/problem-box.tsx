import type { ComponentChildren } from 'preact';
import { nextStep } from '../api/problem';
import type { Problem } from '../api/types';
import { Icon } from './icon';

/**
 * A failed request, shown where its result would be: what happened, what to do, and the id in the server's log. An
 * error in the user's own input needs only the one sentence about it.
 */
export function ProblemBox({ problem, children }: { problem: Problem; children?: ComponentChildren }) {
  const said = problem.code === 'invalid' && problem.detail ? problem.detail : null;
  return (
    <div class="problem" role="alert" data-testid="problem" data-code={problem.code}>
      <Icon name="warn" />
      <div class="grow">
        <strong>{said ?? problem.title}</strong>
        {said === null && problem.detail && problem.detail !== problem.title && <p>{problem.detail}</p>}
        {said === null && <p class="next-step">{nextStep(problem)}</p>}
        <code>{problem.code}{problem.errorId ? ` · error id ${problem.errorId}` : ''}</code>
        {children && <div class="row gap">{children}</div>}
      </div>
    </div>
  );
}
