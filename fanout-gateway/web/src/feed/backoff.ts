export const FIRST_DELAY_MS = 500;
export const DELAY_MS_MAX = 30_000;

/**
 * The wait before attempt number `attempt` (from 0) in milliseconds: full jitter over an exponential ceiling, so that
 * many pages that lost one gateway do not return at the same moment. Never under 100 ms.
 */
export function delayMs(attempt: number, random: () => number): number {
  const ceiling = Math.min(DELAY_MS_MAX, FIRST_DELAY_MS * 2 ** Math.min(attempt, 16));
  return Math.max(100, Math.round(ceiling * random()));
}
