/** How long Alice has been in the meeting. */
import { expect, it } from 'vitest';
import { durationWords } from './duration';

it.each([
  [0, 'en', '0 sec'],
  [59_999, 'en', '59 sec'],
  [61_000, 'en', '1 min 1 sec'],
  [3_600_000, 'en', '1 hr 0 min 0 sec'],
  [90_061_000, 'en', '25 hr 1 min 1 sec'],
  [-5_000, 'en', '0 sec'],
])('%i ms in %s is %s', (ms, language, words) => {
  expect(durationWords(ms, language)).toBe(words);
});

it('speaks French', () => {
  expect(durationWords(61_000, 'fr').replaceAll(/\s/g, ' ')).toBe('1 min 1 s');
});
