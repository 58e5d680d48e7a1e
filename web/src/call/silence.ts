/**
 * What it means that nothing comes from the server any more: a pause, an outage, or that this device has come to another
 * network and its old connection is dead. A pure step over time; `livekit/watch.ts` does what it decides.
 *
 * Where nothing comes, the server is asked for an answer on the old connection (`ask`). Without one, it is looked for
 * on a new connection (`knock`), and when it answers there it is asked once more on the old one. Only without an answer
 * to that does the client resume: in an outage nothing is torn down, and when the line is back all goes on as it was.
 */
export interface Silence {
  /** What has ever come, in whatever unit. */
  total: number;
  heardAt: number;
  /** The longest pause of late that ended by itself: where everybody is muted it takes seconds. */
  usualPauseMs: number;
  /** The system said that there is another network. */
  networkChangedAt: number | null;
  questions: Questions | null;
  /** The library repairs, and is left alone. */
  isRepairing: boolean;
  resumedAt: number | null;
}

/** What was asked since the silence was noticed. */
interface Questions {
  since: number;
  asks: number;
  knockedAt: number | null;
  /** The server answers on a new connection: since when, how long it took, and what was asked on the old one by then. */
  reached: { at: number; tookMs: number; asks: number } | null;
}

export type SilenceEvent =
  /** All that has come by now. */
  | { kind: 'counted'; total: number }
  /** A question is on its way on the old connection. */
  | { kind: 'asked' }
  /** The server answered on a new connection what was asked at `knockedAt`. */
  | { kind: 'knock-answered'; knockedAt: number }
  | { kind: 'network-changed' }
  | { kind: 'repairing' }
  | { kind: 'repaired' };

export type SilenceAction = 'ask' | 'knock' | 'resume' | 'stop-knocking';

interface Step {
  state: Silence;
  actions: SilenceAction[];
}

/** Somebody who speaks is heard fifty times a second, and what is sent is reported on several times a second. */
const PAUSE_MS = 600;
/** Where the system has announced it. */
const PAUSE_AFTER_CHANGE_MS = 300;
const CHANGE_LASTS_MS = 5_000;
/** A pause may take half as long again as those before. */
const MARGIN = 1.5;
/** Chromium checks a quiet connection every 2.5 s, Firefox every 5 s; a check may be lost. */
const USUAL_PAUSE_MS_MAX = 6_000;
const USUAL_PAUSE_HALF_LIFE_MS = 3_000;

/** Beside a round trip, which the knock has measured: an acknowledgement may wait for 200 ms. */
const ANSWER_MS = 300;
/** Of so many, with one in five packets lost each way, hardly ever all go without an answer. */
const ASKS_MIN = 4;
/** Two questions are acknowledged at once: who is not cut off has an answer by then on most lines. */
const KNOCK_AFTER_MS = 200;
const KNOCK_EVERY_MS = 1_000;
/** In an outage nobody hears them. */
const ASKS_AT_FIRST = 20;
/** Before the page says anything. */
const CUT_OFF_AFTER_MS = 600;
/** By then the library has begun. */
const RESUME_BEGINS_MS = 1_000;
/** Time for what was resumed to be heard. */
const RESUME_AGAIN_AFTER_MS = 5_000;

/** How often to count: while all is well, and while the server is asked. */
const COUNT_EVERY_MS = 300;
const COUNT_WHILE_ASKING_MS = 75;

export function listening(now: number): Silence {
  return {
    total: 0,
    heardAt: now,
    usualPauseMs: 0,
    networkChangedAt: null,
    questions: null,
    isRepairing: false,
    resumedAt: null,
  };
}

export function step(state: Silence, event: SilenceEvent, now: number): Step {
  const { questions } = state;
  switch (event.kind) {
    case 'counted':
      return counted(state, event.total, now);
    case 'asked':
      return stay(questions ? { ...state, questions: { ...questions, asks: questions.asks + 1 } } : state);
    case 'knock-answered':
      return stay(questions ? { ...state, questions: reachedBy(questions, event.knockedAt, now) } : state);
    case 'network-changed':
      return stay({ ...state, networkChangedAt: now });
    case 'repairing':
      return quiet({ ...state, isRepairing: true });
    case 'repaired':
      return quiet({ ...state, isRepairing: false, heardAt: now });
  }
}

/** Nothing comes, and what was asked is not answered; or that is being mended. */
export function isCutOff(state: Silence, now: number): boolean {
  const { questions } = state;
  const isUnanswered =
    questions !== null && questions.asks >= ASKS_MIN && now - questions.since >= CUT_OFF_AFTER_MS;
  return isUnanswered || isMended(state, now);
}

function isMended({ isRepairing, resumedAt, heardAt }: Silence, now: number): boolean {
  return isRepairing || (resumedAt !== null && resumedAt > heardAt && now - resumedAt < RESUME_BEGINS_MS);
}

export function countAfterMs({ questions }: Silence): number {
  return questions ? COUNT_WHILE_ASKING_MS : COUNT_EVERY_MS;
}

const stay = (state: Silence): Step => ({ state, actions: [] });

/** Nothing more to ask. */
function quiet(state: Silence): Step {
  return { state: { ...state, questions: null }, actions: state.questions ? ['stop-knocking'] : [] };
}

function counted(state: Silence, total: number, now: number): Step {
  if (total > state.total) return heard({ ...state, total }, now);
  // Connections that are gone take their counts with them, and a clock may be set back.
  const next = { ...state, total, heardAt: Math.min(state.heardAt, now) };
  // Where nothing was ever counted, a browser does not count, and its silence says nothing.
  if (total === 0 && state.total === 0) return stay({ ...next, heardAt: now });
  if (isMended(state, now)) return stay(next);
  if (state.questions) return insist(next, state.questions, now);
  if (now - next.heardAt < patienceMs(next, now)) return stay(next);
  const questions = { since: now, asks: 0, knockedAt: null, reached: null };
  return { state: { ...next, questions }, actions: ['ask'] };
}

function heard(state: Silence, now: number): Step {
  const pause = Math.max(0, now - state.heardAt);
  const faded = state.usualPauseMs * 0.5 ** (pause / USUAL_PAUSE_HALF_LIFE_MS);
  const usualPauseMs = Math.min(USUAL_PAUSE_MS_MAX, Math.max(pause, faded));
  return quiet({ ...state, heardAt: now, usualPauseMs });
}

function patienceMs({ networkChangedAt, usualPauseMs }: Silence, now: number): number {
  const hasChanged = networkChangedAt !== null && now - networkChangedAt < CHANGE_LASTS_MS;
  return hasChanged ? PAUSE_AFTER_CHANGE_MS : Math.max(PAUSE_MS, usualPauseMs * MARGIN);
}

/** Nothing came since the questions began. */
function insist(state: Silence, questions: Questions, now: number): Step {
  const { asks, reached } = questions;
  if (isOldOneDead(questions, now) && mayResume(state, now)) {
    return { state: { ...state, questions: null, resumedAt: now }, actions: ['stop-knocking', 'resume'] };
  }
  const knocks = knocksNow(questions, now);
  const actions: SilenceAction[] = asks < ASKS_AT_FIRST || reached || knocks ? ['ask'] : [];
  if (!knocks) return { state, actions };
  return { state: { ...state, questions: { ...questions, knockedAt: now } }, actions: [...actions, 'knock'] };
}

function reachedBy(questions: Questions, knockedAt: number, now: number): Questions {
  if (questions.reached || knockedAt < questions.since) return questions;
  return { ...questions, reached: { at: now, tookMs: now - knockedAt, asks: questions.asks } };
}

/** The way is as long on the old connection as on the new. */
function isOldOneDead({ asks, reached }: Questions, now: number): boolean {
  return (
    reached !== null && asks - reached.asks >= ASKS_MIN && now - reached.at >= ANSWER_MS + reached.tookMs
  );
}

function mayResume({ resumedAt }: Silence, now: number): boolean {
  return resumedAt === null || now - resumedAt >= RESUME_AGAIN_AFTER_MS;
}

function knocksNow({ since, knockedAt, reached }: Questions, now: number): boolean {
  if (reached) return false;
  return knockedAt === null ? now - since >= KNOCK_AFTER_MS : now - knockedAt >= KNOCK_EVERY_MS;
}
