/** What hangs on the board during a busy minute. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Notices } from './notices';

let board: Notices;

beforeEach(() => {
  vi.useFakeTimers();
  board = new Notices();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('Notices', () => {
  it('takes each notice down six seconds after it went up', () => {
    board.post({ kind: 'back' });
    vi.advanceTimersByTime(3_000);
    board.post({ kind: 'share-refused' });
    vi.advanceTimersByTime(3_000);
    expect(board.view().map((notice) => notice.kind)).toEqual(['share-refused']);
    vi.advanceTimersByTime(3_000);
    expect(board.view()).toEqual([]);
  });

  it('holds three at most, the latest', () => {
    for (const name of ['Bob', 'Carol', 'Dave', 'Eve']) board.post({ kind: 'left', names: [name] });
    expect(board.view().map((notice) => notice.kind === 'left' && notice.names[0])).toEqual([
      'Carol',
      'Dave',
      'Eve',
    ]);
  });

  it('takes one down on a press, and not another later in its place', () => {
    board.post({ kind: 'back' });
    board.dismiss(board.view()[0]?.id ?? 0);
    board.post({ kind: 'share-refused' });
    vi.advanceTimersByTime(5_999);
    expect(board.view().map((notice) => notice.kind)).toEqual(['share-refused']);
  });

  it('mentions arrivals and departures of the same moment separately, when each is due', () => {
    board.joinedOrLeft('left', 'dave', 'Dave');
    board.joinedOrLeft('joined', 'bob', 'Bob');
    vi.advanceTimersByTime(800);
    expect(board.view()).toMatchObject([{ kind: 'joined', names: ['Bob'] }]);
    vi.advanceTimersByTime(3_200);
    expect(board.view().at(-1)).toMatchObject({ kind: 'left', names: ['Dave'] });
  });

  it('keeps only the last press of a key that is pressed again and again', () => {
    board.post({ kind: 'back' });
    for (const on of [true, false, true]) board.post({ kind: 'switched', device: 'audioinput', on });
    expect(board.view()).toMatchObject([{ kind: 'back' }, { kind: 'switched', on: true }]);
  });

  it('says nothing after it is closed', () => {
    board.joinedOrLeft('joined', 'bob', 'Bob');
    board.close();
    vi.advanceTimersByTime(60_000);
    expect(board.view()).toEqual([]);
  });
});
