/** Bob's train enters a tunnel: what he sees when, and how often his client tries. */
import { describe, expect, it } from 'vitest';
import { reconnectStage, retryDelayMs } from './reconnect';

describe('reconnectStage', () => {
  it.each([
    [0, 'quiet'],
    [999, 'quiet'],
    [1_000, 'thin'],
    [4_999, 'thin'],
    [5_000, 'explained'],
    [15_000, 'advised'],
  ])('after %i ms it is %s', (elapsed, stage) => {
    expect(reconnectStage(1_000_000, 1_000_000 + elapsed)).toBe(stage);
  });

  it('is quiet on a whole line', () => {
    expect(reconnectStage(null, 99)).toBe('quiet');
  });
});

describe('retryDelayMs', () => {
  it('starts quickly, doubles, and stops growing at five seconds', () => {
    expect([0, 1, 2, 3, 4, 5, 40].map((attempt) => retryDelayMs(attempt, 1))).toEqual([
      400, 800, 1_600, 3_200, 5_000, 5_000, 5_000,
    ]);
  });

  it('spreads a meeting over half the delay', () => {
    expect([retryDelayMs(3, 0), retryDelayMs(3, 1)]).toEqual([1_600, 3_200]);
  });
});
