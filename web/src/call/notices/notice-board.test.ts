/** What hangs on the board during a busy minute. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Notice } from '../call-view';
import { NoticeBoard } from './notice-board';

let shown: readonly Notice[] = [];
let board: NoticeBoard;

beforeEach(() => {
  vi.useFakeTimers();
  shown = [];
  board = new NoticeBoard((notices) => {
    shown = notices;
  });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('NoticeBoard', () => {
  it('takes each notice down six seconds after it went up', () => {
    board.post({ kind: 'back' });
    vi.advanceTimersByTime(3_000);
    board.post({ kind: 'share-refused' });
    vi.advanceTimersByTime(3_000);
    expect(shown.map((notice) => notice.kind)).toEqual(['share-refused']);
    vi.advanceTimersByTime(3_000);
    expect(shown).toEqual([]);
  });

  it('holds three at most, the latest', () => {
    for (const name of ['Bob', 'Carol', 'Dave', 'Eve']) board.post({ kind: 'left', names: [name] });
    expect(shown.map((notice) => notice.kind === 'left' && notice.names[0])).toEqual([
      'Carol',
      'Dave',
      'Eve',
    ]);
  });

  it('takes one down on a press, and not another later in its place', () => {
    board.post({ kind: 'back' });
    board.dismiss(shown[0]?.id ?? 0);
    board.post({ kind: 'share-refused' });
    vi.advanceTimersByTime(5_999);
    expect(shown.map((notice) => notice.kind)).toEqual(['share-refused']);
  });

  it('mentions arrivals and departures of the same moment separately, when each is due', () => {
    board.passage('left', 'dave', 'Dave');
    board.passage('joined', 'bob', 'Bob');
    vi.advanceTimersByTime(800);
    expect(shown).toMatchObject([{ kind: 'joined', names: ['Bob'] }]);
    vi.advanceTimersByTime(3_200);
    expect(shown.at(-1)).toMatchObject({ kind: 'left', names: ['Dave'] });
  });

  it('says nothing after it is closed', () => {
    board.passage('joined', 'bob', 'Bob');
    board.close();
    vi.advanceTimersByTime(60_000);
    expect(shown).toEqual([]);
  });
});
