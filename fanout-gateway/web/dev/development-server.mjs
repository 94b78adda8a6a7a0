// A development server for work on the page alone. It imitates the HTTP API and the feed from memory, with real local
// shells.
// It is not the product, is not in the built assets, and no test of the product uses it.
//
//   npm run build && npm run mock -- --port 8080 --nodes 12        then open http://127.0.0.1:8080/signin?code=dev
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { cpus, loadavg, totalmem } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { parseArgs } from 'node:util';
import { WebSocketServer } from 'ws';

const { values: flags } = parseArgs({
  options: { port: { type: 'string', default: '8080' }, nodes: { type: 'string', default: '12' }, beat: { type: 'string', default: '2000' } },
});
const ROOT = join(import.meta.dirname, '../../src/main/resources/web');
const CSP = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.txt': 'text/plain' };
const iso = (ms = Date.now()) => new Date(ms).toISOString();
const newId = (prefix) => `${prefix}_${randomBytes(8).toString('hex')}`;

const nodes = new Map();
const tasks = new Map(); // taskId -> task, with hidden process state in `runs`
const runs = new Map();
const sessions = new Map();
const feeds = new Set();

function addNode(name, labels = {}, groups = [], status = 'NEVER_SEEN') {
  const node = {
    nodeId: newId('n'), name, owner: 'admin', groups, labels, status, statusReason: null, lastSeenAt: null, connectedSince: null,
    agentVersion: null, hostname: null, os: null, arch: null, cpuCount: null, memoryTotalBytes: null, vitals: null, runningTasks: 0,
    enabled: true, version: 1, role: 'admin',
  };
  nodes.set(node.nodeId, node);
  if (status !== 'NEVER_SEEN') joined(node, status);
  return node;
}

function joined(node, status = 'ONLINE') {
  const seen = status === 'ONLINE' ? Date.now() : Date.now() - 400_000;
  Object.assign(node, {
    status, lastSeenAt: iso(seen), connectedSince: iso(seen - 3_600_000), agentVersion: '0.1.0', hostname: `${node.name}.example`, os: 'Linux 6.1',
    arch: 'amd64', cpuCount: cpus().length, memoryTotalBytes: totalmem(), statusReason: status === 'OFFLINE' ? 'missed 3 heartbeats' : null,
    load: Math.random() * 60,
  });
  beat(node);
}

function beat(node) {
  node.load = Math.min(99, Math.max(1, node.load + (Math.random() - 0.5) * 18));
  if (node.status === 'ONLINE') node.lastSeenAt = iso();
  const [load1, load5, load15] = loadavg();
  node.vitals = {
    cpuPercent: node.load, cpuPercentPerCore: Array.from({ length: node.cpuCount }, () => Math.min(100, node.load * (0.6 + Math.random()))),
    memoryUsedBytes: node.memoryTotalBytes * (0.3 + node.load / 300), load1, load5, load15, diskUsedBytes: 61e9, diskTotalBytes: 128e9,
  };
  node.version++;
}

const total = Number(flags.nodes);
for (let i = 1; i <= total; i++) {
  const status = total > 3 && i % 9 === 0 ? 'OFFLINE' : total > 3 && i % 31 === 7 ? 'STALE' : 'ONLINE';
  addNode(total > 3 ? `${['web', 'db', 'gpu'][i % 3]}-${i}` : `demo-${i}`, { env: i % 2 ? 'prod' : 'test', region: ['eu', 'us'][i % 2] }, i % 4 ? [] : ['ops'], status);
}

let at = 0;
setInterval(() => {
  const all = [...nodes.values()].filter((n) => n.status === 'ONLINE');
  for (let i = 0; i < Math.min(all.length, 2_000); i++) {
    const node = all[at++ % all.length];
    beat(node);
    broadcast({ type: 'node', node: view(node) });
  }
}, Number(flags.beat));

let position = 0;
const view = ({ load, ...node }) => node;
function broadcast(frame) {
  const text = JSON.stringify({ ...frame, position: `p${++position}` });
  for (const feed of feeds) if (feed.open) feed.socket.send(text);
}
function changed(node) {
  node.version++;
  broadcast({ type: 'node', node: view(node) });
}
const sendTask = (task) => broadcast({ type: 'task', task });

function start(node, body) {
  const task = {
    taskId: newId('t'), nodeId: node.nodeId, state: 'QUEUED', reason: null, command: body.command ?? null, argv: body.argv ?? null, pty: body.pty ?? null,
    requestedBy: 'admin', createdAt: iso(), startedAt: null, endedAt: null, exitCode: null, signal: null, outputBytes: 0,
  };
  tasks.set(task.taskId, task);
  const run = { output: [], bytes: 0, watchers: new Set(), size: body.pty ?? { cols: 160, rows: 100 } };
  runs.set(task.taskId, run);
  if (node.status !== 'ONLINE') return task;
  const argv = body.argv ?? ['/bin/sh', '-c', body.command];
  const quoted = argv.map((a) => `'${a.replaceAll("'", "'\\''")}'`).join(' ');
  run.process = body.pty
    ? spawn('script', ['-qfec', `stty rows ${body.pty.rows} cols ${body.pty.cols}; tty > /dev/null; exec ${quoted}`, '/dev/null'], { env: { ...process.env, TERM: 'xterm-256color', PS1: `${node.name}:\\w\\$ ` }, detached: true })
    : spawn(argv[0], argv.slice(1), { detached: true });
  setTimeout(() => { Object.assign(task, { state: task.endedAt ? task.state : 'RUNNING', startedAt: iso() }); node.runningTasks++; sendTask(task); changed(node); }, 60);
  const data = (chunk) => {
    for (const w of run.watchers) w.output(chunk, run.bytes);
    run.output.push(chunk);
    run.bytes += chunk.length;
  };
  run.process.stdout.on('data', data);
  run.process.stderr.on('data', data);
  run.process.on('close', (code, signal) => setTimeout(() => {
    Object.assign(task, { state: task.cancelled ? 'CANCELLED' : code === 0 ? 'SUCCEEDED' : 'FAILED', exitCode: code ?? 143, signal, endedAt: iso(), outputBytes: run.bytes });
    node.runningTasks = Math.max(0, node.runningTasks - 1);
    for (const w of run.watchers) w.ended(task.exitCode);
    sendTask(task);
    changed(node);
  }, 90));
  return task;
}

function end(run, signal = 'SIGHUP') {
  try {
    if (run.process?.pid) process.kill(-run.process.pid, signal);
  } catch {
    // It has ended.
  }
}

const REPAINT_BYTES = 64 * 1024;
const linesOf = (run) => {
  const text = Buffer.concat(run.output).toString('utf8').replace(/\x1b(\[[0-9;?]*[ -/]*[@-~]|\][^\x07]*\x07|[=>()][0-9A-Z]?)/g, '').replace(/\r+\n/g, '\n');
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
};

class Fault extends Error {
  constructor(status, code, title, detail) { super(title); Object.assign(this, { status, code, detail }); }
}

async function handle(request, response) {
  const url = new URL(request.url, 'http://x');
  const json = (status, body) => { response.writeHead(status, { 'content-type': 'application/json' }); response.end(JSON.stringify(body)); };
  const cookie = /muster_session=(\w+)/.exec(request.headers.cookie ?? '')?.[1];
  const text = await new Promise((done) => { let all = ''; request.on('data', (c) => (all += c)); request.on('end', () => done(all)); });
  const signIn = () => { const s = newId('s'); sessions.set(s, true); response.setHeader('set-cookie', `muster_session=${s}; HttpOnly; SameSite=Strict; Path=/`); };
  try {
    if (url.pathname === '/signin') { signIn(); response.writeHead(302, { location: '/' }); return response.end(); }
    if (url.pathname === '/signin/token') {
      if (JSON.parse(text).token !== 'dev') throw new Fault(401, 'unauthenticated', 'The token is not valid', 'It is expired, or was made by another installation.');
      signIn(); response.writeHead(204); return response.end();
    }
    if (!url.pathname.startsWith('/api/') && url.pathname !== '/signout') {
      const file = join(ROOT, normalize(url.pathname === '/' ? '/index.html' : url.pathname));
      if (!file.startsWith(ROOT) || !existsSync(file)) throw new Fault(404, 'not-found', 'Not found');
      response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream', 'content-security-policy': CSP });
      return createReadStream(file).pipe(response);
    }
    if (!sessions.has(cookie)) throw new Fault(401, 'unauthenticated', 'You are not signed in');
    if (url.pathname === '/signout') { sessions.delete(cookie); response.writeHead(204); return response.end(); }
    const [, , , kind, nodeId, part, taskId, verb] = url.pathname.split('/');
    const key = `${request.method} ${[kind, nodeId && ':id', part, taskId && ':task', verb].filter(Boolean).join('/')}`;
    const body = text ? JSON.parse(text) : {};
    const node = nodeId && nodes.get(nodeId);
    if (nodeId && !node) throw new Fault(404, 'not-found', 'There is no such node', 'It was deleted, or you may not see it.');
    const invite = () => ({ token: newId('mji'), expiresAt: iso(Date.now() + 900_000), command: `infra/muster agent --join mji_${nodeId ?? 'x'}_${randomBytes(16).toString('hex')} --gateway 127.0.0.1:7443` });
    switch (key) {
      case 'GET me': return json(200, { user: 'admin', groups: [], role: 'admin', expiresAt: iso(Date.now() + 3.6e6) });
      case 'GET nodes': {
        const q = url.searchParams.get('q')?.toLowerCase() ?? '';
        const found = [...nodes.values()].filter((n) => n.name.includes(q));
        return json(200, { nodes: found.slice(0, 200).map(view), next: found.length > 200 ? 'x' : null, counts: {} });
      }
      case 'POST nodes': {
        if (body.name === 'broken') throw Object.assign(new Fault(500, 'internal', 'The node could not be created', 'The registry answered with a fault.'), { errorId: 'e-7f3a91' });
        const made = addNode(body.name, body.labels, body.groups);
        changed(made);
        setTimeout(() => { joined(made); changed(made); }, 6_000);
        return json(201, { node: view(made), invite: invite() });
      }
      case 'GET nodes/:id': return json(200, { node: view(node) });
      case 'PATCH nodes/:id': {
        if (body.name) node.name = body.name;
        for (const [k, v] of Object.entries(body.labels ?? {})) { if (v === null) delete node.labels[k]; else node.labels[k] = v; }
        if ('enabled' in body) { node.enabled = body.enabled; node.status = body.enabled ? 'ONLINE' : 'DISABLED'; }
        changed(node);
        return json(200, { node: view(node) });
      }
      case 'DELETE nodes/:id': nodes.delete(nodeId); broadcast({ type: 'node-removed', nodeId, version: node.version + 1 }); response.writeHead(204); return response.end();
      case 'POST nodes/:id/invites': return json(201, { invite: invite() });
      case 'DELETE nodes/:id/credential': node.status = 'OFFLINE'; node.statusReason = 'credential revoked'; changed(node); response.writeHead(204); return response.end();
      case 'GET nodes/:id/tasks': return json(200, { tasks: [...tasks.values()].filter((t) => t.nodeId === nodeId).reverse(), next: null });
      case 'GET nodes/:id/tasks/:task': {
        if (!tasks.has(taskId)) throw new Fault(404, 'not-found', 'There is no such task');
        return json(200, { task: tasks.get(taskId) });
      }
      case 'POST nodes/:id/tasks': { const task = start(node, body); sendTask(task); return json(202, { task }); }
      case 'POST nodes/:id/tasks/:task/cancel': { const task = tasks.get(taskId); task.cancelled = true; end(runs.get(taskId)); return json(202, { task }); }
      case 'GET nodes/:id/tasks/:task/output': {
        const output = Buffer.concat(runs.get(taskId).output);
        response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': output.length });
        return response.end(output);
      }
      case 'GET nodes/:id/history': {
        const only = url.searchParams.get('terminal');
        const grep = url.searchParams.get('grep');
        const before = url.searchParams.get('before');
        const limit = Number(url.searchParams.get('lines') ?? 200);
        const terminals = [...tasks.values()].filter((t) => t.nodeId === nodeId && (!only || t.taskId === only)).map((t) => {
          const all = linesOf(runs.get(t.taskId));
          const end = before === null ? all.length : Number(before);
          const first = Math.max(0, end - limit);
          const numbers = grep ? all.flatMap((l, i) => (new RegExp(grep).test(l) ? [i] : [])) : null;
          const lines = numbers ? numbers.map((i) => all[i]) : all.slice(first, end);
          return { terminal: t.taskId, command: t.command ?? t.argv.join(' '), state: t.state, exitCode: t.exitCode, startedAt: t.startedAt, firstLine: first, final: all.length, nextLine: all.length, firstKept: 0, lines, ...(numbers ? { numbers } : {}) };
        });
        return json(200, { terminals });
      }
      default: throw new Fault(404, 'not-found', `No such call: ${key}`);
    }
  } catch (error) {
    const status = error.status ?? 500;
    response.writeHead(status, { 'content-type': 'application/problem+json' });
    response.end(JSON.stringify({ type: 'about:blank', title: error.message, status, detail: error.detail, code: error.code ?? 'internal', errorId: error.errorId }));
  }
}

const server = createServer(handle);
const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'muster.v1.json' });
server.on('upgrade', (request, socket, head) => {
  const cookie = /muster_session=(\w+)/.exec(request.headers.cookie ?? '')?.[1];
  if (!sessions.has(cookie)) return socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n');
  sockets.handleUpgrade(request, socket, head, connected);
});

function connected(socket) {
  const feed = { socket, open: false, attached: new Map() };
  feeds.add(feed);
  const send = (frame) => socket.readyState === 1 && socket.send(JSON.stringify(frame));
  socket.on('close', () => { feeds.delete(feed); for (const stop of feed.attached.values()) stop(); });
  socket.on('message', (data) => {
    const frame = JSON.parse(data);
    const run = frame.ref && runs.get(feed.refs?.get(frame.ref));
    switch (frame.op) {
      case 'open': {
        send({ type: 'opened', recovered: false, reason: frame.resume ? 'not-supported' : 'new', position: `p${position}` });
        const all = [...nodes.values()].map(view);
        for (let i = 0; i === 0 || i < all.length; i += 500) {
          const last = i + 500 >= all.length;
          send({ type: 'snapshot', nodes: all.slice(i, i + 500), last, ...(last ? { position: `p${position}` } : {}) });
        }
        feed.open = true;
        feed.refs = new Map();
        break;
      }
      case 'attach': {
        const to = runs.get(frame.terminal);
        const task = tasks.get(frame.terminal);
        if (!to) return send({ type: 'error', ref: frame.ref, problem: { title: 'There is no such terminal', status: 404, code: 'not-found' } });
        feed.refs.set(frame.ref, frame.terminal);
        let lines = linesOf(to);
        const first = Math.max(0, lines.length - frame.lines);
        send({ type: 'attached', ref: frame.ref, terminal: frame.terminal, firstLine: first, nextLine: lines.length, ...to.size });
        const watcher = frame.mode === 'raw'
          ? { output: (chunk, offset, repaint) => send({ type: 'output', ref: frame.ref, ...(repaint ? { repaint } : {}), offset, data: chunk.toString('base64') }) }
          : { output: () => setTimeout(() => { const f = Math.max(0, lines.length - 1); lines = linesOf(to); send({ type: 'lines', ref: frame.ref, firstLine: f, lines: lines.slice(f), final: f, nextLine: lines.length }); }, 20) };
        watcher.ended = (exitCode) => send({ type: 'ended', ref: frame.ref, exitCode });
        if (frame.mode === 'raw') { if (to.bytes) watcher.output(Buffer.concat(to.output).subarray(-REPAINT_BYTES), Math.max(0, to.bytes - REPAINT_BYTES), true); }
        else send({ type: 'lines', ref: frame.ref, firstLine: first, lines: lines.slice(first), final: lines.length - 1, nextLine: lines.length });
        if (task.endedAt) watcher.ended(task.exitCode);
        to.watchers.add(watcher);
        feed.attached.set(frame.ref, () => to.watchers.delete(watcher));
        break;
      }
      case 'detach': feed.attached.get(frame.ref)?.(); feed.attached.delete(frame.ref); break;
      case 'input': run?.process?.stdin.write(frame.data ?? Buffer.from(frame.dataBase64, 'base64')); break;
      case 'resize': if (run) { run.size = { cols: frame.cols, rows: frame.rows }; for (const w of run.watchers) void w; send({ type: 'resized', ref: frame.ref, cols: frame.cols, rows: frame.rows }); } break;
      default: send({ type: 'error', problem: { title: `Unknown op ${frame.op}`, status: 422, code: 'invalid' } });
    }
  });
}

process.on('exit', () => { for (const run of runs.values()) end(run, 'SIGKILL'); });
process.on('SIGTERM', () => process.exit(0));
process.on('SIGINT', () => process.exit(0));
server.listen(Number(flags.port), '127.0.0.1', () => console.log(`Development server: http://127.0.0.1:${server.address().port}/signin?code=dev`));
