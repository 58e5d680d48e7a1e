/**
 * How a call gets in, comes back after an interruption, and ends: a pure step from one phase to the next, with what
 * is to be done about it. `connector.ts` does it.
 */
import type { Problem } from '../api/problem';
import type { JoinRequest } from '../api/requests';
import { type Ending, endingOfDisconnect, joinFailure } from './ending';
import { retryDelayMs } from './reconnect';
import { lastingToken } from './token';

export type Phase =
  /** On the way in for the first time. */
  | { kind: 'joining'; since: number; problem: Problem | null }
  | { kind: 'live' }
  /** The library repairs the connection; sound and picture may go on. */
  | { kind: 'reconnecting'; since: number }
  /** The connection is lost; the client joins again under the same identity until it is in or the person leaves. */
  | { kind: 'rejoining'; since: number; problem: Problem | null }
  | { kind: 'over'; ending: Ending }
  | { kind: 'left' };

export type Former = NonNullable<JoinRequest['former']>;

export interface ConnectionState {
  phase: Phase;
  /** Whom the server knows this client as, for the way back. */
  former: Former | null;
  /** Joins that failed since the last that did not. */
  failures: number;
}

export type ConnectionEvent =
  /** The server let the client in; the media connection is still to be made. */
  | { kind: 'admitted'; former: Former }
  /** The server renewed the token. */
  | { kind: 'token'; token: string }
  | { kind: 'connected' }
  | { kind: 'join-failed'; problem: Problem }
  | { kind: 'reconnecting' }
  | { kind: 'reconnected' }
  | { kind: 'disconnected'; reason: string | undefined }
  /** The person does not want to wait. */
  | { kind: 'retry' }
  | { kind: 'network-returned' }
  /** The library had its time, in the interruption that began at `since`. */
  | { kind: 'grace-over'; since: number }
  | { kind: 'left' };

export type ConnectionAction =
  | { kind: 'join'; delayMs: number }
  | { kind: 'wait'; ms: number; since: number }
  /** Hang up, and join no more. */
  | { kind: 'close' }
  /** A reload does not come back here. */
  | { kind: 'forget' };

interface Step {
  state: ConnectionState;
  actions: ConnectionAction[];
}

/** A resume that the network's return makes possible takes four seconds at most. */
const GRACE_MS = 6_000;

/** `now` in milliseconds; `random` (0 to 1) spreads the clients of a server that restarts. */
export function step(state: ConnectionState, event: ConnectionEvent, now: number, random: number): Step {
  const { phase } = state;
  if (!isOn(phase)) return stay(state);
  switch (event.kind) {
    case 'admitted':
      return stay({ ...state, former: event.former });
    case 'token':
      return stay({ ...state, former: state.former && renewed(state.former, event.token) });
    case 'connected':
      return stay({ ...state, phase: { kind: 'live' }, failures: 0 });
    case 'join-failed':
      return joinFailed(state, event.problem, random);
    case 'reconnecting':
      return stay(phase.kind === 'live' ? { ...state, phase: { kind: 'reconnecting', since: now } } : state);
    case 'reconnected':
      return stay(phase.kind === 'reconnecting' ? { ...state, phase: { kind: 'live' } } : state);
    case 'disconnected':
      return disconnected(state, event.reason, now);
    case 'retry':
      return joinNow(state, now);
    case 'network-returned':
      // The library repairs with less loss than a new join; it gets a moment to see that the network is back.
      if (phase.kind !== 'reconnecting') return joinNow(state, now);
      return { state, actions: [{ kind: 'wait', ms: GRACE_MS, since: phase.since }] };
    case 'grace-over':
      return phase.kind === 'reconnecting' && phase.since === event.since ? rejoin(state, now) : stay(state);
    case 'left':
      return end(state, { kind: 'left' }, [{ kind: 'close' }, { kind: 'forget' }]);
  }
}

/** The call has not ended, nor been left. */
export function isOn(phase: Phase): boolean {
  return phase.kind !== 'over' && phase.kind !== 'left';
}

/** Since when nothing comes through, or null while all is well. */
export function interruptedSince(phase: Phase): number | null {
  return phase.kind === 'reconnecting' || phase.kind === 'rejoining' ? phase.since : null;
}

const renewed = (former: Former, token: string): Former => ({
  ...former,
  token: lastingToken(former.token, token),
});

const stay = (state: ConnectionState): Step => ({ state, actions: [] });

const end = (state: ConnectionState, phase: Phase, actions: ConnectionAction[]): Step => ({
  state: { ...state, phase },
  actions,
});

/** At once, whatever is under way: a request or a repair that hangs is not waited for. */
function joinNow(state: ConnectionState, now: number): Step {
  switch (state.phase.kind) {
    case 'reconnecting':
      return rejoin(state, now);
    case 'joining':
    case 'rejoining':
      return { state, actions: [{ kind: 'join', delayMs: 0 }] };
    default:
      return stay(state);
  }
}

/** Counted from the first silence, so that the explanation does not start over. */
function rejoin(state: ConnectionState, now: number): Step {
  const since = interruptedSince(state.phase) ?? now;
  const phase: Phase = { kind: 'rejoining', since, problem: null };
  return { state: { ...state, phase }, actions: [{ kind: 'join', delayMs: 0 }] };
}

function disconnected(state: ConnectionState, reason: string | undefined, now: number): Step {
  const ending = endingOfDisconnect(reason);
  if (ending === null) return rejoin(state, now);
  return end(state, { kind: 'over', ending }, [{ kind: 'close' }, { kind: 'forget' }]);
}

function joinFailed(state: ConnectionState, problem: Problem, random: number): Step {
  const failure = joinFailure(problem, state.former !== null);
  if (failure.kind === 'over')
    return end(state, { kind: 'over', ending: failure.ending }, [{ kind: 'close' }]);
  const { phase } = state;
  return {
    state: {
      phase: phase.kind === 'joining' || phase.kind === 'rejoining' ? { ...phase, problem } : phase,
      former: failure.kind === 'retry-as-new' ? null : state.former,
      failures: state.failures + 1,
    },
    actions: [{ kind: 'join', delayMs: retryDelayMs(state.failures, random) }],
  };
}
