/** Who subscribes to a part of the call hears of its changes, and of nothing else. */
import { describe, expect, it, vi } from 'vitest';
import { isSame, Part } from './part';

class Counter extends Part<{ count: number; names: readonly string[] }> {
  count(to: number): void {
    this.set({ ...this.view(), count: to });
  }
}

describe('Part', () => {
  it('tells each change once, and keeps the former value where nothing differs', () => {
    const part = new Counter({ count: 0, names: [] });
    const listener = vi.fn();
    const unsubscribe = part.subscribe(listener);
    const before = part.view();
    part.count(0);
    expect([listener.mock.calls.length, part.view() === before]).toEqual([0, true]);
    part.count(1);
    expect([listener.mock.calls.length, part.view().count]).toEqual([1, 1]);
    unsubscribe();
    part.count(2);
    expect(listener).toHaveBeenCalledTimes(1);
  });
});

describe('isSame', () => {
  const names = ['Bob'];
  it.each<[unknown, unknown, boolean]>([
    [1, 1, true],
    [null, null, true],
    [null, {}, false],
    [{ a: 1, names }, { a: 1, names }, true],
    [{ a: 1, names }, { a: 1, names: ['Bob'] }, false],
    [{ a: 1 }, { a: 1, b: undefined }, false],
    [names, ['Bob'], true],
    [names, ['Bob', 'Carol'], false],
  ])('%j and %j: %s', (one, other, same) => {
    expect([isSame(one, other), isSame(other, one)]).toEqual([same, same]);
  });
});
