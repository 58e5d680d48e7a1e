/** Sorts the reasons for which a call stops: come back by oneself, or tell the person and offer a way on. */
import type { Problem } from '../api/problem';

/** Why a call is over although the person did not leave. */
export type Ending = 'removed' | 'closed' | 'elsewhere' | 'not-found' | 'name-refused' | 'refused';

/** Names of LiveKit's DisconnectReason; everything else is a broken line or a restarted server. */
const FINAL_REASONS: Record<string, Ending> = {
  DUPLICATE_IDENTITY: 'elsewhere',
  PARTICIPANT_REMOVED: 'removed',
  ROOM_DELETED: 'closed',
  ROOM_CLOSED: 'closed',
};

/** The ending that a disconnect means, or null where the client should come back by itself. */
export function endingOfDisconnect(reason: string | undefined): Ending | null {
  return (reason !== undefined && FINAL_REASONS[reason]) || null;
}

/** What a refused join means: over, worth another try as it is, or worth one as a new person. */
export type JoinFailure = { kind: 'over'; ending: Ending } | { kind: 'retry' } | { kind: 'retry-as-new' };

export function joinFailure(problem: Problem, hadSeat: boolean): JoinFailure {
  const ending = endingOfDisconnect(problem.code);
  if (ending !== null) return { kind: 'over', ending };
  if (problem.code === 'room_not_found') return { kind: 'over', ending: 'not-found' };
  if (problem.code === 'name_refused') return { kind: 'over', ending: 'name-refused' };
  if (problem.passing) return { kind: 'retry' };
  // The former token ran out or was signed by a key that is gone: the room may still be open to us.
  if (hadSeat) return { kind: 'retry-as-new' };
  return { kind: 'over', ending: 'refused' };
}
