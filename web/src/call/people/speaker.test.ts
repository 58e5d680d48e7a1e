/** A conversation on a timeline: who has the stage at each moment. */
import { describe, expect, it } from 'vitest';
import { followSpeaker, NOBODY, withoutAbsent } from './speaker';

/** Each entry is [millisecond, who speaks, loudest first]; answers who had the stage after each. */
function timeline(...moments: [number, ...string[]][]): (string | null)[] {
  let state = NOBODY;
  return moments.map(([now, ...speaking]) => {
    state = followSpeaker(state, speaking, now);
    return state.main;
  });
}

describe('followSpeaker', () => {
  it('follows the first voice at once', () => {
    expect(timeline([0], [100, 'alice'])).toEqual([null, 'alice']);
  });

  it('keeps the speaker through silence', () => {
    expect(timeline([0, 'alice'], [500], [60_000])).toEqual(['alice', 'alice', 'alice']);
  });

  it('ignores an interjection and yields to a second of speech', () => {
    expect(
      timeline([0, 'alice'], [1_000, 'bob'], [1_400], [2_000, 'bob'], [2_999, 'bob'], [3_000, 'bob']),
    ).toEqual(['alice', 'alice', 'alice', 'alice', 'alice', 'bob']);
  });

  it('stays with the speaker while others talk over them, even louder', () => {
    expect(timeline([0, 'alice'], [500, 'bob', 'alice'], [3_000, 'bob', 'alice'])).toEqual([
      'alice',
      'alice',
      'alice',
    ]);
  });

  it('starts the second anew when the challenger changes', () => {
    expect(timeline([0, 'alice'], [100, 'bob'], [900, 'carol'], [1_200, 'carol'], [1_900, 'carol'])).toEqual([
      'alice',
      'alice',
      'alice',
      'alice',
      'carol',
    ]);
  });

  it('forgets a speaker who left', () => {
    const state = followSpeaker(NOBODY, ['dave'], 0);
    expect(withoutAbsent(state, ['alice']).main).toBeNull();
    expect(withoutAbsent(state, ['dave']).main).toBe('dave');
  });
});
