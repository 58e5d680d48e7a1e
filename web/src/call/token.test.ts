/** The token of the join, those that the server renews it with, and texts that are no tokens. */
import { describe, expect, it } from 'vitest';
import { tokenUntil } from './testing/token';
import { lastingToken } from './token';

describe('lastingToken', () => {
  const joined = tokenUntil(21_600);

  it('keeps that of the join while it outlives what the server renews it with', () => {
    expect(lastingToken(joined, tokenUntil(900))).toBe(joined);
  });

  it('takes the renewed one once that lives longer', () => {
    const renewed = tokenUntil(21_601);
    expect(lastingToken(joined, renewed)).toBe(renewed);
  });

  it.each(['', 'no-token', 'a.%.c', 'a.bnVsbA.c'])('takes the newer one over "%s"', (older) => {
    expect(lastingToken(older, 'newer')).toBe('newer');
  });
});
