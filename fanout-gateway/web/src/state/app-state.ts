import { batch, computed, effect, signal } from '@preact/signals';
import { api } from '../api/client';
import { ApiError, problemOf } from '../api/problem';
import { onSessionEnd } from '../api/session-end';
import type { Me, Problem, Task } from '../api/types';
import { Connection, type ConnectionState, type Socket } from '../feed/connection';
import type { ControlFrame, FleetFrame } from '../feed/frames';
import { Fleet } from './fleet';
import { SeriesBook } from './vitals-series';
import { fold } from './task-order';
import { notify } from '../ui/toasts';
import { MISSED, REFUSALS } from './feed-words';
import { noteState, overReturns, returns } from './load-again';
import { route } from './router';

/** The signed-in user; null: not signed in; undefined: not known yet. */
export const me = signal<Me | null | undefined>(undefined);
/** Why the user is not known, when the server does not answer. */
export const meProblem = signal<Problem | null>(null);

/** The session of an open page has ended: the user signs in over the page, which keeps all typed text. */
export const sessionEnded = signal(false);
/** When the session ends by this machine's clock, as far as that is known. */
export const sessionEndsAt = signal<number | null>(null);
/** How long before the end of the session the user is told. */
export const WARN_BEFORE_MS = 10 * 60_000;

export const connectionState = signal<ConnectionState>({ kind: 'connecting' });
/** Skipped or missed changes since the page was loaded, newest last, at most 50. */
export const notices = signal<{ at: number; text: string }[]>([]);

export const fleet = new Fleet();
export const vitals = new SeriesBook();
/** Changes at most once a frame, when any node changed. */
export const fleetVersion = signal(0);
/** Changes when lists and counts must be recreated. */
export const fleetShape = signal(0);
export const fleetComplete = signal(false);
/** Whether a whole fleet has been received since the page was opened; before that the page claims nothing about it. */
export const fleetKnown = signal(false);
/** The last time at which the shown state was known to be true; 0: never. */
export const freshAt = signal(0);

/** Tasks of the shown node, newest first. */
export const tasks = signal<ReadonlyMap<string, Task>>(new Map());
export const tasksProblem = signal<Problem | null>(null);
export const tasksLoaded = signal(false);
/** Where the list continues; null at its end. */
export const tasksNext = signal<string | null>(null);
function inWords(reason: string | null | undefined): string {
  return reason ? `, because ${MISSED[reason] ?? reason}` : '';
}

let tasksOf: string | null = null;

/** The time, each second while the page is visible, for "ago" texts. */
export const now = signal(Date.now());

export const shownNode = computed(() => {
  fleetVersion.value;
  const { nodeId } = route.value;
  return nodeId === null ? undefined : fleet.get(nodeId);
});

let redraw = 0;
function changed(): void {
  if (redraw !== 0) return;
  // Frames of hidden pages do not run. The merge above has happened anyway, so nothing queues up.
  redraw = requestAnimationFrame(() => {
    redraw = 0;
    batch(() => {
      fleetVersion.value++;
      fleetShape.value = fleet.shape;
      fleetComplete.value = fleet.complete;
      fleetKnown.value ||= fleet.complete;
    });
  });
}

function onFleet(frame: FleetFrame): void {
  switch (frame.type) {
    case 'snapshot':
      fleet.snapshot(frame.nodes, frame.last === true);
      for (const node of frame.nodes) vitals.record(node);
      break;
    case 'node':
      if (fleet.upsert(frame.node)) vitals.record(frame.node);
      break;
    case 'node-removed':
      fleet.remove(frame.nodeId, frame.version ?? Infinity);
      vitals.forget(frame.nodeId);
      break;
    case 'task':
      if (frame.task.nodeId === tasksOf) tasks.value = fold(tasks.value, [frame.task]);
      return;
  }
  changed();
}

function note(text: string): void {
  notices.value = [...notices.value.slice(-49), { at: Date.now(), text }];
}

function onControl(frame: ControlFrame): void {
  switch (frame.type) {
    case 'gap':
      note(`Some changes were missed${inWords(frame.reason)}; a fresh snapshot follows.`);
      fleet.beginSnapshot();
      break;
    case 'skipped':
      note(`Some changes were skipped because this page fell behind${inWords(frame.reason)}.`);
      break;
    case 'lagging':
      note(`This page fell behind the feed${frame.records ? ` by ${frame.records} changes` : ''}.`);
      break;
    case 'error':
      notify.problem(frame.problem);
      break;
    default:
  }
}

export const connection = new Connection(
  {
    openSocket: (subprotocol) =>
      new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/v1/stream`, subprotocol) as Socket,
    schedule(action, ms) {
      const timer = setTimeout(action, ms);
      return () => clearTimeout(timer);
    },
    random: Math.random,
    now: Date.now,
    stillSignedIn: () =>
      api.me().then(
        () => true,
        (error) => !(error instanceof ApiError && error.problem.status === 401),
      ),
  },
  {
    state(state) {
      batch(() => {
        connectionState.value = state;
        freshAt.value = connection.freshAt;
        noteState(state.kind);
      });
      // A new sign-in elsewhere is enough; else the user is asked.
      if (state.kind === 'stopped' && state.reason === 'signed-out' && me.peek()) void checkSession();
    },
    fleet: onFleet,
    opened(recovered, reason) {
      if (recovered) return;
      if (reason && reason !== 'none') note(`The feed could not go on where it broke, because ${REFUSALS[reason] ?? reason}. Everything was read again.`);
      fleet.beginSnapshot();
      changed();
      if (tasksOf !== null) void loadTasks(tasksOf);
    },
    control: onControl,
  },
);

/** Of the part of the list that could not be loaded: the task that it begins after. */
let failedAfter: string | null = null;

export async function loadTasks(nodeId: string, after: string | null = null): Promise<void> {
  try {
    const { tasks: listed, next } = await overReturns(() => api.listTasks(nodeId, after));
    if (tasksOf !== nodeId) return;
    batch(() => {
      tasks.value = fold(tasks.value, listed);
      tasksNext.value = next;
      tasksProblem.value = null;
      tasksLoaded.value = true;
    });
  } catch (error) {
    if (tasksOf !== nodeId) return;
    failedAfter = after;
    tasksProblem.value = problemOf(error);
  }
}

/** Loads the part of the list that could not be loaded. */
export function loadTasksAgain(): void {
  if (tasksOf !== null) void loadTasks(tasksOf, tasksLoaded.peek() ? failedAfter : null);
}

export function addTask(task: Task): void {
  if (task.nodeId === tasksOf) tasks.value = fold(tasks.value, [task]);
}

/** Loads a task that is not among the recent ones. */
export async function loadTask(nodeId: string, taskId: string): Promise<Problem | null> {
  try {
    addTask((await overReturns(() => api.task(nodeId, taskId))).task);
    return null;
  } catch (error) {
    return problemOf(error);
  }
}

/** Asks the server for the signed-in user, and updates the page. Another user gets a new page. */
export async function checkSession(): Promise<void> {
  try {
    const { who, endsAt } = await api.me();
    const before = me.peek();
    if (before && before.user !== who.user) {
      location.reload();
      return;
    }
    // A feed keeps the rights and the end of the session that it was opened with.
    const renewed = sessionEnded.peek() || connectionState.peek().kind === 'stopped' || (before && before.expiresAt !== who.expiresAt);
    batch(() => {
      meProblem.value = null;
      me.value = who;
      sessionEnded.value = false;
      sessionEndsAt.value = endsAt;
    });
    if (!before) connection.start();
    else if (renewed) connection.restart();
  } catch (error) {
    const problem = problemOf(error);
    if (problem.status === 401) {
      meProblem.value = null;
      if (me.peek()) sessionEnded.value = true;
      else me.value = null;
    } else {
      meProblem.value = problem;
    }
  }
}

export async function signOut(): Promise<void> {
  try {
    await api.signOut();
  } catch (error) {
    notify.problem(problemOf(error));
    return;
  }
  connection.stop('signed-out');
  fleet.clear();
  changed();
  batch(() => {
    me.value = null;
    fleetKnown.value = false;
    sessionEnded.value = false;
    sessionEndsAt.value = null;
  });
}

export function startState(): void {
  effect(() => {
    const { nodeId } = route.value;
    if (nodeId === tasksOf) return;
    tasksOf = nodeId;
    batch(() => {
      tasks.value = new Map();
      tasksLoaded.value = false;
      tasksNext.value = null;
      tasksProblem.value = null;
    });
    if (nodeId !== null && me.peek()) void loadTasks(nodeId);
  });
  effect(() => {
    if (me.value && tasksOf !== null && !tasksLoaded.peek()) void loadTasks(tasksOf);
  });
  effect(() => {
    returns.value;
    if (tasksProblem.peek() !== null) loadTasksAgain();
  });
  setInterval(() => {
    if (document.visibilityState === 'visible') now.value = Date.now();
  }, 1000);
  onSessionEnd(() => {
    if (me.peek()) sessionEnded.value = true;
  });
  if (!navigator.onLine) connection.network(false);
  addEventListener('online', () => {
    connection.network(true);
    if (meProblem.peek()) void checkSession();
  });
  addEventListener('offline', () => connection.network(false));
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState !== 'visible') return;
    now.value = Date.now();
    connection.look();
    if (sessionEnded.peek() || meProblem.peek()) void checkSession();
  });
  addEventListener('focus', () => {
    if (sessionEnded.peek() || meProblem.peek()) void checkSession();
  });
  void checkSession();
}
