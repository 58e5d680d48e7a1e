/** The strip of captions from the moment that Alice switches it on. */
import { describe, expect, it } from 'vitest';
import { isLateNow, stripOf } from './strip';

describe('stripOf', () => {
  it.each([
    ['just switched on', 0, 100, 'intro'],
    ['five seconds later, and nobody spoke', 0, 5_000, 'hidden'],
    ['an hour later, and nobody spoke', 0, 3_600_000, 'hidden'],
    ['with the first word', 1_000, 1_000, 'lines'],
    ['in a pause between two turns', 1_000, 30_999, 'lines'],
    ['after a long silence', 1_000, 31_000, 'hidden'],
  ])('%s', (_, lastWordAt, now, strip) => {
    expect(stripOf({ shownAt: 0, lastWordAt }, now)).toBe(strip);
  });
});

describe('isLateNow', () => {
  it.each([
    ['nobody has spoken', true, null, 60_000, false],
    ['somebody speaks', true, 60_000, 60_000, true],
    ['somebody spoke a moment ago', true, 40_000, 60_000, true],
    ['the last word is long past', true, 20_000, 60_000, false],
    ['captions are in time', false, 60_000, 60_000, false],
  ])('%s', (_, late, lastSpokenAt, now, said) => {
    expect(isLateNow(late, lastSpokenAt, now)).toBe(said);
  });
});
