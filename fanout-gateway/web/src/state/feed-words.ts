/** Why a feed was not resumed, by the server's code. */
export const REFUSALS: Readonly<Record<string, string>> = {
  invalid: 'its token is no longer valid',
  'other-version': 'its token was made by another release of Muster',
  'other-user': 'another user is signed in',
  'other-cluster': 'it belongs to another cluster',
  'topic-recreated': 'the topic was recreated',
  'audiences-changed': 'your groups or role have changed',
  expired: 'too much time has passed',
  ahead: 'the broker has lost records',
};

/** Why changes were missed, by the server's code. */
export const MISSED: Readonly<Record<string, string>> = {
  behind: 'this page was too far behind',
  expired: 'they are no longer kept',
  'log-restarted': 'the log was restarted',
  slow: 'too much waited for this page',
  resumed: 'they came while this page was away',
  missing: 'they were lost on their way',
};

/** Why the server ended the feed for good, by its close code. */
export const CLOSED: Readonly<Record<number, string>> = {
  1009: 'This page sent a frame that was too large.',
  4403: 'Your access was withdrawn.',
  4429: 'You have too many sessions open. Close one, then connect again.',
};

/** Why the feed broke off for now, by the server's close code. */
export const BREAKS: Readonly<Record<number, string>> = {
  1000: 'The server closed the connection.',
  1001: 'The server stops.',
  1011: 'The server closed the connection because of a fault of its own.',
  1012: 'The server restarts.',
  4408: 'The server got nothing from this page in time.',
  4508: 'The server closed the connection because this page read too slowly.',
  4509: 'The server closed the connection because this page did not answer.',
};
