import { describe, expect, test } from 'vitest';
import { ATTACH_TRIES_MAX, Connection, OPEN_DEADLINE_MS, type ConnectionState, type Socket } from '../src/feed/connection';
import type { FleetFrame, TerminalFrame } from '../src/feed/frames';

/** A socket that remembers what was sent and does what the test says. */
class FakeSocket implements Socket {
  onopen: Socket['onopen'] = null;
  onmessage: Socket['onmessage'] = null;
  onclose: Socket['onclose'] = null;
  sent: Record<string, unknown>[] = [];
  closed = false;
  send(text: string) { this.sent.push(JSON.parse(text)); }
  close() { this.closed = true; }
  opens() { this.onopen?.({}); }
  says(frame: unknown) { this.onmessage?.({ data: typeof frame === 'string' ? frame : JSON.stringify(frame) }); }
  breaks(code: number) { this.onclose?.({ code, reason: '' }); }
}

function started(signedIn = true) {
  let time = 1_000;
  const sockets: FakeSocket[] = [];
  const timers: { action: () => void; ms: number; at: number; live: boolean }[] = [];
  const states: ConnectionState[] = [];
  const fleet: FleetFrame[] = [];
  const controls: string[] = [];
  const connection = new Connection(
    {
      openSocket: () => { const socket = new FakeSocket(); sockets.push(socket); return socket; },
      schedule: (action, ms) => { const timer = { action, ms, at: time + ms, live: true }; timers.push(timer); return () => { timer.live = false; }; },
      random: () => 0.5,
      now: () => time,
      stillSignedIn: () => Promise.resolve(signedIn),
    },
    { state: (s) => states.push(s), fleet: (f) => fleet.push(f), opened: () => {}, control: (f) => controls.push(f.type) },
  );
  connection.start();
  const fire = () => { const timer = timers.findLast((t) => t.live)!; timer.live = false; timer.action(); };
  const pass = (ms: number) => {
    const until = time + ms;
    for (;;) {
      const due = timers.filter((t) => t.live && t.at <= until).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      due.live = false;
      time = Math.max(time, due.at);
      due.action();
    }
    time = until;
  };
  const open = (recovered = false, heartbeatMs?: number) => {
    const socket = sockets.at(-1)!;
    socket.opens();
    socket.says({ type: 'opened', recovered, reason: null, position: 'p0', heartbeatMs });
    return socket;
  };
  return { connection, sockets, timers, states, fleet, controls, fire, open, pass };
}

describe('the connection', () => {
  test('opens without a token, then reconnects with the last position', () => {
    const { sockets, fire, open } = started();
    const first = open();
    expect(first.sent).toEqual([{ op: 'open', resume: null }]);
    first.says({ type: 'snapshot', nodes: [], last: false });
    first.says({ type: 'snapshot', nodes: [], last: true, position: 'p7' });
    first.says({ type: 'node', node: { nodeId: 'a' }, position: 'p8' });
    first.breaks(1006);
    fire();
    sockets[1]!.opens();
    expect(sockets[1]!.sent).toEqual([{ op: 'open', resume: 'p8' }]);
  });

  test('is live only after the last frame of the snapshot', () => {
    const { states, open } = started();
    const socket = open();
    expect(states.at(-1)?.kind).toBe('loading');
    socket.says({ type: 'snapshot', nodes: [], last: true });
    expect(states.at(-1)?.kind).toBe('live');
    socket.says({ type: 'lagging' });
    expect(states.at(-1)?.kind).toBe('lagging');
    socket.says({ type: 'caught-up' });
    expect(states.at(-1)?.kind).toBe('live');
  });

  test('waits longer after each failure, and from the beginning after a success', () => {
    const { timers, fire, sockets, open } = started();
    sockets[0]!.breaks(1006);
    const waits = [timers.at(-1)!.ms];
    for (let i = 1; i < 4; i++) {
      fire();
      sockets.at(-1)!.breaks(1006);
      waits.push(timers.at(-1)!.ms);
    }
    expect(waits).toEqual([250, 500, 1000, 2000]);
    fire();
    open().breaks(1012);
    expect(timers.at(-1)!.ms).toBe(250);
  });

  test('gives up on a socket that never answers', () => {
    const { timers, states, sockets, fire } = started();
    expect(timers.at(-1)!.ms).toBe(OPEN_DEADLINE_MS);
    fire();
    expect(sockets[0]!.closed).toBe(true);
    expect(states.at(-1)?.kind).toBe('waiting');
  });

  test('an attachment is asked for when the session opens, and again under a new ref after a reconnect', () => {
    const { connection, sockets, fire, open } = started();
    const seen: TerminalFrame[] = [];
    const attachment = connection.attach({ nodeId: 'n', terminal: 't', mode: 'raw', lines: 10 }, (f) => seen.push(f));
    const first = open();
    const attach = first.sent[1]!;
    expect(attach).toMatchObject({ op: 'attach', nodeId: 'n', terminal: 't', mode: 'raw', lines: 10 });
    first.says({ type: 'output', ref: attach['ref'], offset: 0, data: '' });
    expect(seen).toHaveLength(1);
    first.breaks(1001);
    expect(attachment.input('lost')).toBe('refused');
    fire();
    const second = open();
    const again = sockets[1]!.sent.find((f) => f['op'] === 'attach')!;
    expect(again['ref']).not.toBe(attach['ref']);
    second.says({ type: 'output', ref: attach['ref'], offset: 0, data: '' });
    expect(seen, 'frames of the old ref are not of this view').toHaveLength(1);
    expect(attachment.input('too early')).toBe('later');
    second.says({ type: 'attached', ref: again['ref'], terminal: 't', firstLine: 0, nextLine: 0, cols: 80, rows: 24 });
    expect(attachment.input('x')).toBe('sent');
    expect(second.sent.at(-1)).toEqual({ op: 'input', ref: again['ref'], data: 'x' });
    attachment.detach();
    expect(second.sent.at(-1)).toEqual({ op: 'detach', ref: again['ref'] });
    expect(attachment.input('x')).toBe('refused');
  });

  test('a recovered session is live at once, and its terminals are attached again', () => {
    const { connection, states, fire, open } = started();
    connection.attach({ nodeId: 'n', terminal: 't', mode: 'text', lines: 10 }, () => {});
    open().breaks(1012);
    fire();
    const second = open(true);
    expect(states.at(-1)?.kind).toBe('live');
    expect(second.sent.map((f) => f['op'])).toEqual(['open', 'attach']);
  });

  test('a terminal that has ended takes no input, and there is nothing to detach', () => {
    const { connection, open } = started();
    const attachment = connection.attach({ nodeId: 'n', terminal: 't', mode: 'raw', lines: 10 }, () => {});
    const socket = open();
    const { ref } = socket.sent.at(-1) as { ref: string };
    socket.says({ type: 'attached', ref, terminal: 't', firstLine: 0, nextLine: 0, cols: 80, rows: 24 });
    socket.says({ type: 'ended', ref, exitCode: 0 });
    attachment.resize(1, 1);
    expect(attachment.input('x')).toBe('refused');
    attachment.detach();
    expect(socket.sent.map((f) => f['op'])).toEqual(['open', 'attach']);
  });

  test('a restart leaves the old view and asks for a new one', () => {
    const { connection, open } = started();
    const attachment = connection.attach({ nodeId: 'n', terminal: 't', mode: 'raw', lines: 10 }, () => {});
    const socket = open();
    attachment.restart();
    expect(socket.sent.slice(2).map((f) => f['op'])).toEqual(['detach', 'attach']);
  });

  test('a gap in the output of one terminal is that terminal’s, and one of the nodes is everybody’s', () => {
    const { connection, controls, open } = started();
    const seen: TerminalFrame[] = [];
    connection.attach({ nodeId: 'n', terminal: 't', mode: 'raw', lines: 10 }, (f) => seen.push(f));
    const socket = open();
    socket.says({ type: 'gap', ref: socket.sent.at(-1)!['ref'], scope: 'output', from: 0, to: 9, reason: 'spool-full' });
    expect([seen.map((f) => f.type), controls]).toEqual([['gap'], []]);
    socket.says({ type: 'gap', scope: 'nodes', reason: 'expired' });
    expect([seen.length, controls]).toEqual([1, ['gap']]);
  });

  test('unknown frames, broken JSON and things that are not objects are ignored', () => {
    const { fleet, states, open } = started();
    const socket = open();
    const before = states.length;
    for (const given of ['{', '[]', 'null', '7', { type: 'of-the-future', position: 'px' }]) socket.says(given);
    expect(fleet).toEqual([]);
    expect(states.length).toBe(before);
  });

  test('stops when the session has ended', () => {
    const { states, sockets } = started();
    sockets[0]!.breaks(4401);
    expect(states.at(-1)).toEqual({ kind: 'stopped', reason: 'signed-out' });
  });

  test('stops when the upgrade failed and the user turns out to be signed out', async () => {
    const { states, sockets } = started(false);
    sockets[0]!.breaks(1006);
    await Promise.resolve();
    await Promise.resolve();
    expect(states.at(-1)).toEqual({ kind: 'stopped', reason: 'signed-out' });
  });

  test('does not come back by itself after a refusal, but does when the user asks', () => {
    const { connection, states, sockets } = started();
    sockets[0]!.breaks(4429);
    expect(states.at(-1)).toEqual({ kind: 'refused', code: 4429 });
    expect(sockets).toHaveLength(1);
    connection.retryNow();
    expect(sockets).toHaveLength(2);
  });

  test('an attach that comes before the terminal is there is tried again, and told when it stays in vain', () => {
    const { connection, timers, open } = started();
    const seen: TerminalFrame[] = [];
    connection.attach({ nodeId: 'n', terminal: 't', mode: 'raw', lines: 10 }, (f) => seen.push(f));
    const socket = open();
    const refuse = () => socket.says({ type: 'error', ref: socket.sent.at(-1)!['ref'], problem: { title: 'x', status: 404, code: 'not-found' } });
    for (let i = 1; i < ATTACH_TRIES_MAX; i++) {
      refuse();
      timers.at(-1)!.action();
      expect(seen).toEqual([]);
    }
    expect(socket.sent.filter((f) => f['op'] === 'attach')).toHaveLength(ATTACH_TRIES_MAX);
    refuse();
    expect(seen.map((f) => f.type)).toEqual(['error']);
  });

  test('an error of a view that is attached is told at once', () => {
    const { connection, open } = started();
    const seen: TerminalFrame[] = [];
    connection.attach({ nodeId: 'n', terminal: 't', mode: 'raw', lines: 10 }, (f) => seen.push(f));
    const socket = open();
    const { ref } = socket.sent.at(-1) as { ref: string };
    socket.says({ type: 'attached', ref, terminal: 't', firstLine: 0, nextLine: 0, cols: 80, rows: 24 });
    socket.says({ type: 'error', ref, problem: { title: 'x', status: 404, code: 'not-found' } });
    expect(seen.map((f) => f.type)).toEqual(['attached', 'error']);
  });

  test('a server that falls silent is reported after two heartbeats, then the connection is given up and a new one is opened', () => {
    const { connection, sockets, states, open, pass } = started();
    const socket = open(true, 5_000);
    for (let i = 0; i < 5; i++) {
      pass(5_000);
      socket.says({ type: 'heartbeat', everyMs: 5_000, brokerHeardMs: 100, registryHeardMs: 200 });
    }
    expect(states.map((s) => s.kind)).toEqual(['connecting', 'live']);
    const heardAt = connection.heardAt;
    pass(11_999);
    expect(states.at(-1)?.kind).toBe('live');
    pass(1);
    expect(states.at(-1)?.kind).toBe('silent');
    expect(connection.freshAt).toBe(heardAt);
    expect(socket.closed).toBe(false);
    pass(5_000);
    expect(socket.closed).toBe(true);
    expect(states.at(-1)).toMatchObject({ kind: 'waiting', reason: 'silent' });
    pass(30_000);
    expect(sockets.length).toBeGreaterThan(1);
  });

  test('any frame ends the silence', () => {
    const { states, open, pass } = started();
    const socket = open(true, 5_000);
    pass(13_000);
    expect(states.at(-1)?.kind).toBe('silent');
    socket.says({ type: 'task', task: {} });
    expect(states.at(-1)?.kind).toBe('live');
    pass(60_000);
    expect(socket.closed).toBe(true);
  });

  test('a server that names no heartbeat may be silent', () => {
    const { states, open, pass } = started();
    open(true);
    pass(3_600_000);
    expect(states.at(-1)?.kind).toBe('live');
  });

  test('a server that has not heard from its registry is not live, though it sends heartbeats', () => {
    const { connection, states, open, pass } = started();
    const socket = open(true, 5_000);
    pass(5_000);
    socket.says({ type: 'heartbeat', everyMs: 5_000, brokerHeardMs: 100, registryHeardMs: 40_000 });
    expect(states.at(-1)).toEqual({ kind: 'stale', part: 'registry' });
    expect(connection.heardAt - connection.freshAt).toBe(40_000);
    pass(5_000);
    socket.says({ type: 'heartbeat', everyMs: 5_000, brokerHeardMs: null, registryHeardMs: 10 });
    expect(states.at(-1)).toEqual({ kind: 'stale', part: 'broker' });
    pass(5_000);
    socket.says({ type: 'heartbeat', everyMs: 5_000, brokerHeardMs: 10, registryHeardMs: 10 });
    expect(states.at(-1)?.kind).toBe('live');
    expect(connection.freshAt).toBe(connection.heardAt);
  });

  test('a browser without a network is not live until frames prove the contrary, and reconnects when it is back', () => {
    const { connection, sockets, states, open, pass } = started();
    const socket = open(true, 5_000);
    connection.network(false);
    expect(states.at(-1)?.kind).toBe('offline');
    pass(500);
    socket.says({ type: 'task', task: {} });
    expect(states.at(-1)?.kind, 'it was on its way').toBe('offline');
    pass(5_000);
    socket.says({ type: 'heartbeat', everyMs: 5_000 });
    expect(states.at(-1)?.kind).toBe('live');
    connection.network(false);
    connection.network(true);
    expect(socket.closed).toBe(true);
    expect(sockets).toHaveLength(2);
  });

  test('input is refused while the server is silent, and what was typed since the last frame is told to be unsure', () => {
    const { connection, open, pass } = started();
    const seen: TerminalFrame[] = [];
    const attachment = connection.attach({ nodeId: 'n', terminal: 't', mode: 'raw', lines: 10 }, (f) => seen.push(f));
    const socket = open(true, 5_000);
    const { ref } = socket.sent.at(-1) as { ref: string };
    socket.says({ type: 'attached', ref, terminal: 't', firstLine: 0, nextLine: 0, cols: 80, rows: 24 });
    pass(100);
    const heardAt = connection.heardAt;
    expect(attachment.input('x')).toBe('sent');
    pass(12_000);
    expect(attachment.input('y')).toBe('refused');
    pass(6_000);
    expect(seen.at(-1)).toEqual({ type: 'input-unsure', ref, since: heardAt });
  });

  test('nothing is said of input that was followed by a frame', () => {
    const { connection, open, pass } = started();
    const seen: TerminalFrame[] = [];
    const attachment = connection.attach({ nodeId: 'n', terminal: 't', mode: 'raw', lines: 10 }, (f) => seen.push(f));
    const socket = open(true, 5_000);
    const { ref } = socket.sent.at(-1) as { ref: string };
    socket.says({ type: 'attached', ref, terminal: 't', firstLine: 0, nextLine: 0, cols: 80, rows: 24 });
    pass(10);
    attachment.input('x');
    pass(10);
    socket.says({ type: 'output', ref, offset: 0, data: 'eA==' });
    socket.breaks(1006);
    expect(seen.map((f) => f.type)).toEqual(['attached', 'output']);
  });

  test('input waits while an attach is tried again, and is refused when it is in vain', () => {
    const { connection, timers, open } = started();
    const attachment = connection.attach({ nodeId: 'n', terminal: 't', mode: 'raw', lines: 10 }, () => {});
    const socket = open();
    const refuse = () => socket.says({ type: 'error', ref: socket.sent.at(-1)!['ref'], problem: { title: 'x', status: 404, code: 'not-found' } });
    refuse();
    expect(attachment.input('x')).toBe('later');
    for (let i = 1; i < ATTACH_TRIES_MAX; i++) {
      timers.at(-1)!.action();
      refuse();
    }
    expect(attachment.input('x')).toBe('refused');
  });

  test('after a new sign-in a stopped connection opens again', () => {
    const { connection, sockets, states } = started();
    sockets[0]!.breaks(4401);
    connection.restart();
    expect(sockets).toHaveLength(2);
    expect(states.at(-1)?.kind).toBe('connecting');
  });
});
