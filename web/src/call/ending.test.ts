/** Calls end for many reasons; each is told apart. */
import { describe, expect, it } from 'vitest';
import { Problem } from '../api/problem';
import { endingOfDisconnect, joinFailure } from './ending';

describe('endingOfDisconnect', () => {
  it.each([
    ['PARTICIPANT_REMOVED', 'removed'],
    ['DUPLICATE_IDENTITY', 'elsewhere'],
    ['ROOM_DELETED', 'closed'],
  ])('%s ends the call as %s', (reason, ending) => {
    expect(endingOfDisconnect(reason)).toBe(ending);
  });

  it.each([
    'SERVER_SHUTDOWN',
    'STATE_MISMATCH',
    'SIGNAL_CLOSE',
    'MEDIA_FAILURE',
    'UNKNOWN_REASON',
    undefined,
  ])('%s is mended by coming back', (reason) => {
    expect(endingOfDisconnect(reason)).toBeNull();
  });
});

describe('joinFailure', () => {
  const refusal = (code: string, status: number) => new Problem(code, status, '');

  it('ends when the room is gone', () => {
    expect(joinFailure(refusal('room_not_found', 404), true)).toEqual({ kind: 'over', ending: 'not-found' });
  });

  it('ends at a name that the server does not take', () => {
    const failure = joinFailure(refusal('name_refused', 422), false);
    expect(failure).toEqual({ kind: 'over', ending: 'name-refused' });
  });

  it('tries again while the server is away or full', () => {
    expect(joinFailure(refusal('unreachable', 0), true)).toEqual({ kind: 'retry' });
    expect(joinFailure(refusal('server_full', 503), false)).toEqual({ kind: 'retry' });
  });

  it('ends where the server sends the client away instead of letting it back', () => {
    expect(joinFailure(refusal('PARTICIPANT_REMOVED', 0), true)).toEqual({ kind: 'over', ending: 'removed' });
    expect(joinFailure(refusal('STATE_MISMATCH', 0), true)).toEqual({ kind: 'retry' });
  });

  it('comes back as a new person when the old token is refused, and ends when the new one is too', () => {
    expect(joinFailure(refusal('token_expired', 401), true)).toEqual({ kind: 'retry-as-new' });
    expect(joinFailure(refusal('forbidden', 403), false)).toEqual({ kind: 'over', ending: 'refused' });
  });
});
