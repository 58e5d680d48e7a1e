/** Alice and Bob speak; captions show who says what, once, and then make room. */
import { describe, expect, it } from 'vitest';
import {
  applyCaption,
  type CaptionLine,
  type CaptionUpdate,
  isQuiet,
  parted,
  visibleCaptions,
} from './captions';

const say = (segment: string, text: string, final = false, name = 'Alice'): CaptionUpdate => ({
  segment,
  identity: name.toLowerCase(),
  name,
  text,
  isLookalike: false,
  startedAt: 0,
  certain: text.length,
  final,
  kept: false,
});

/** Plays updates, one a second from zero. */
function play(...updates: CaptionUpdate[]): readonly CaptionLine[] {
  return updates.reduce<readonly CaptionLine[]>(
    (lines, update, second) => applyCaption(lines, update, second * 1000),
    [],
  );
}

describe('captions', () => {
  it('replaces a partial by the longer text of the same segment', () => {
    const lines = play(say('s1', 'Good'), say('s1', 'Good morning'), say('s1', 'Good morning, Bob.', true));
    expect(lines.map((line) => [line.text, line.final])).toEqual([['Good morning, Bob.', true]]);
  });

  it('keeps two people who speak at once on lines of their own, in the order they began', () => {
    const lines = play(say('a1', 'I think'), say('b1', 'Wait', false, 'Bob'), say('a1', 'I think so.', true));
    expect(lines.map((line) => `${line.name}: ${line.text}`)).toEqual(['Alice: I think so.', 'Bob: Wait']);
  });

  it('shows what was said first before what was said next, whichever is recognised first', () => {
    const at = (startedAt: number, update: CaptionUpdate) => ({ ...update, startedAt });
    const lines = play(
      at(1_000, say('s1', 'ask', true)),
      at(4_000, say('s3', 'what you can do')),
      at(2_000, say('s2', 'not what', true)),
      at(4_000, say('s3', 'what you can do for', true)),
      // The voice detector finds the beginning of a line again with each pass.
      at(1_500, say('s3', 'what you can do for your country.', true)),
    );
    expect(lines.map((line) => line.segment)).toEqual(['s1', 's3', 's2']);
    const before = play(at(4_000, say('s3', 'what you can do')), at(2_000, say('s2', 'not what', true)));
    expect(visibleCaptions(before, 2_000).map((line) => line.text)).toEqual(['not what', 'what you can do']);
  });

  it('lets nobody rewrite or erase the words of somebody else', () => {
    const lines = play(say('s1', 'Plan B'), say('s1', 'Plan A', true, 'Eve'), say('s1', '', true, 'Eve'));
    expect(lines.map((line) => `${line.name}: ${line.text}`)).toEqual(['Alice: Plan B']);
  });

  it('ignores a partial that arrives after its final', () => {
    const lines = play(say('s1', 'Done.', true), say('s1', 'Do'));
    expect(lines[0]).toMatchObject({ text: 'Done.', final: true });
  });

  it('keeps the name of someone who leaves before their last words settle', () => {
    const leaves = { ...say('s1', 'Bye all.', true), name: '' };
    expect(play(say('s1', 'Bye'), leaves)).toMatchObject([{ name: 'Alice', text: 'Bye all.' }]);
    const asEve = { ...say('s2', 'Bye'), isLookalike: true };
    expect(play(asEve, { ...leaves, segment: 's2' })).toMatchObject([{ name: 'Alice', isLookalike: true }]);
  });

  it('drops a segment that the recogniser took back', () => {
    expect(play(say('s1', 'uh'), say('s1', '  ', true))).toEqual([]);
  });

  it('parts what stays from what may change, by characters and not by halves of them', () => {
    expect(parted({ ...say('s1', '👋 hello wor'), certain: 7 })).toEqual(['👋 hello', ' wor']);
    expect(parted({ ...say('s1', 'hello'), certain: Infinity })).toEqual(['hello', '']);
    expect(parted({ ...say('s1', 'Hello.', true), certain: 2 })).toEqual(['Hello.', '']);
  });

  it('shows three lines at most, the freshest', () => {
    const lines = play(
      say('1', 'one', true),
      say('2', 'two', true),
      say('3', 'three', true),
      say('4', 'four'),
    );
    expect(visibleCaptions(lines, 3_000).map((line) => line.text)).toEqual(['two', 'three', 'four']);
  });

  it('lets a final leave after seven seconds and an orphaned partial after twelve', () => {
    const lines = play(say('1', 'settled', true), say('2', 'orphaned'));
    expect(visibleCaptions(lines, 6_999).map((line) => line.text)).toEqual(['settled', 'orphaned']);
    expect(visibleCaptions(lines, 7_000).map((line) => line.text)).toEqual(['orphaned']);
    expect(visibleCaptions(lines, 13_000)).toEqual([]);
  });

  it('forgets the oldest beyond three hundred', () => {
    const lines = play(...Array.from({ length: 301 }, (_, i) => say(`s${i}`, `line ${i}`, true)));
    expect([lines.length, lines[0]?.text]).toEqual([300, 'line 1']);
  });

  it('keeps the room for captions through a pause, and gives it back after a long silence', () => {
    expect([0, 10_000, 29_999, 30_000].map((silenceMs) => isQuiet(5_000, 5_000 + silenceMs))).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });
});
