import { describe, expect, test } from 'vitest';
import { noAnswer, problemFrom } from '../src/api/problem';
import { explain, isBlind } from '../src/state/connection-text';
import { hashWith, keptAfter, parseKept, parseRoute } from '../src/state/router';
import { documentTitle } from '../src/app/title';
import { lineNumber } from '../src/ui/format';

describe('the address', () => {
  const kept = { q: 'env=prod web', status: 'ONLINE,STALE', sort: 'cpu', find: '' };

  test('holds the view and what the list is narrowed to', () => {
    const hash = hashWith('#/nodes/n1/terminal/t1', kept);
    expect(parseKept(hash)).toEqual(kept);
    expect(parseRoute(hash)).toEqual({ nodeId: 'n1', tab: 'terminal', taskId: 't1' });
    expect(hashWith('#/?q=old', { q: '', status: '', sort: '', find: '' })).toBe('#/');
  });

  test('a link of the page leaves the list as it is; an address that was written says it all', () => {
    const fleet = parseRoute('#/');
    const node = parseRoute('#/nodes/n1');
    expect(keptAfter(kept, fleet, node, '#/nodes/n1', false)).toEqual(kept);
    expect(keptAfter(kept, node, fleet, '#/', true)).toEqual({ q: '', status: '', sort: '', find: '' });
    expect(keptAfter(kept, node, fleet, '#/?q=x', false)).toEqual({ q: 'x', status: '', sort: '', find: '' });
  });

  test('a search stays within the history of its node', () => {
    const searching = { ...kept, find: 'ERROR' };
    const history = parseRoute('#/nodes/n1/history');
    expect(keptAfter(searching, history, parseRoute('#/nodes/n1/history/t1'), '#/nodes/n1/history/t1', false).find).toBe('ERROR');
    expect(keptAfter(searching, history, parseRoute('#/nodes/n2/history'), '#/nodes/n2/history', false).find).toBe('');
    expect(keptAfter(searching, history, parseRoute('#/nodes/n1'), '#/nodes/n1', false).find).toBe('');
  });
});

test('each view has a title of its own', () => {
  expect(documentTitle(parseRoute('#/'), null, null)).toBe('Fleet · Muster');
  expect(documentTitle(parseRoute('#/nodes/n/terminal/t'), 'web-1', 'htop')).toBe('htop · web-1 · Muster');
  expect(documentTitle(parseRoute('#/nodes/n/terminal'), 'web-1', null)).toBe('web-1 · Muster');
  expect(documentTitle(parseRoute('#/nodes/n/history'), 'web-1', null)).toBe('History · web-1 · Muster');
  expect(documentTitle(parseRoute('#/nodes/n/overview'), null, null)).toBe('Vitals and tasks · Node · Muster');
});

describe('what is said of the feed', () => {
  test('names the silence and the time of what is shown', () => {
    expect(explain({ kind: 'silent' }, 0, '07:20:06', 12)).toBe('No sign of the server for 12 s; what you see is from 07:20:06.');
  });

  test('has no numbers of the protocol for breaks that it knows', () => {
    for (const code of [0, 1001, 1006, 1011, 1012, 4408, 4508, 4509]) {
      expect(explain({ kind: 'waiting', retryAt: 2_000, code, reason: '' }, 0, null, 0)).not.toContain(String(code || 'code'));
    }
  });

  test('only a feed that is fed is not blind', () => {
    expect(['live', 'lagging', 'loading'].some((kind) => isBlind({ kind } as never))).toBe(false);
    for (const kind of ['silent', 'stale', 'offline', 'waiting', 'refused', 'connecting', 'stopped']) expect(isBlind({ kind } as never)).toBe(true);
  });
});

test('a change that was not answered says what is known, and a read promises nothing', () => {
  expect(noAnswer('POST', 15_000)).toMatchObject({ title: 'The server did not answer within 15 s', code: 'no-answer' });
  expect(noAnswer('POST', 15_000).detail).toContain('may have done it');
  expect(noAnswer('GET', 15_000).detail).toBeNull();
});

test('a session that has ended is said in one voice', () => {
  expect(problemFrom(401, { title: 'There is no token, or …', detail: 'not a valid JSON Web Token', code: 'unauthenticated' }))
    .toMatchObject({ title: 'You are not signed in any longer', detail: null, code: 'unauthenticated' });
});

test('people count lines from 1', () => {
  expect(lineNumber(0)).toBe(1);
});
