/** Alice forgets that she is muted. */
import { describe, expect, it } from 'vitest';
import { hearMuted, SILENT } from './muted-speech';

/** Plays levels, one each 100 ms; answers when she was told. */
function told(levels: readonly number[]): number[] {
  let state = SILENT;
  return levels.flatMap((level, n) => {
    const [next, isDue] = hearMuted(state, level, n * 100);
    state = next;
    return isDue ? [n * 100] : [];
  });
}
const voice = (ms: number) => Array.from({ length: ms / 100 }, () => 0.6);
const silence = (ms: number) => Array.from({ length: ms / 100 }, () => 0.1);

describe('hearMuted', () => {
  it('tells her after 600 ms of voice', () => {
    expect(told(voice(1_000))).toEqual([600]);
  });

  it('says nothing of a cough, a keyboard or a quiet room', () => {
    expect(told([...voice(500), ...silence(300), ...voice(500), ...silence(60_000)])).toEqual([]);
  });

  it('tells her once a minute at most', () => {
    expect(told(voice(130_000))).toEqual([600, 60_600, 120_600]);
  });
});
