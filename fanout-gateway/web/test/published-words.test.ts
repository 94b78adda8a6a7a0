/// <reference types="vite/client" />
import { describe, expect, test } from 'vitest';
import errors from '../../../infra/docs/errors.md?raw';
import protocol from '../../../infra/docs/protocol.md?raw';
import { NEXT_STEPS } from '../src/api/problem';
import { reopens } from '../src/feed/connection';
import { BREAKS, CLOSED, MISSED, REFUSALS } from '../src/state/feed-words';

// A Java test checks the documents against the code of the server. So this test checks the page against the documents.
const rows = (text: string, heading: string) =>
  text.slice(text.indexOf(heading)).split('\n\n').find((part) => part.startsWith('|') && part.includes(heading))!.split('\n').slice(2)
    .filter((row) => row.startsWith('|')).map((row) => row.split('|').slice(1, -1).map((cell) => cell.trim().replaceAll('`', '')));

describe('the page has words for everything that the published documents name', () => {
  test('reasons for which a feed is not resumed', () => {
    const codes = rows(protocol, '| reason | when |').map(([code]) => code).filter((code) => code !== 'none');
    expect(codes).toContain('other-version');
    expect(Object.keys(REFUSALS).sort()).toEqual(codes.sort());
  });

  test('reasons for which something was skipped', () => {
    const told = [...protocol.matchAll(/^`(?:gap|skipped)`[^]*?(?=\n\n)/gm)].map(([text]) => text)
      .flatMap((text) => [...text.slice(text.indexOf('Reasons')).matchAll(/`([a-z-]+)` \(/g)].map(([, code]) => code!));
    expect(told).toContain('log-restarted');
    expect(Object.keys(MISSED)).toEqual(expect.arrayContaining(told));
  });

  test('close codes, and whether the page connects again', () => {
    const codes = rows(protocol, '| code | name | reconnect by yourself | when |');
    expect(codes.length).toBeGreaterThan(5);
    for (const [code, name, again] of codes) {
      expect([name, reopens(Number(code))]).toEqual([name, again === 'yes']);
      const words = again === 'yes' ? BREAKS : CLOSED;
      if (name !== 'unauthenticated') expect(words[Number(code)], name).toBeDefined();
    }
    expect([4410, 4499, 4510, 4599, 1006, 0].map(reopens)).toEqual([false, false, true, true, true, true]);
  });

  test('errors, and what to do about each', () => {
    const codes = rows(errors, errors.match(/^\| code .*$/m)![0]).map(([code]) => code!);
    expect(codes.length).toBeGreaterThan(15);
    expect(codes.filter((code) => NEXT_STEPS[code] === undefined)).toEqual([]);
  });
});
