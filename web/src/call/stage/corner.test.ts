/** Alice puts her own picture where it covers nobody. */
import { describe, expect, it } from 'vitest';
import { cornerFrom, nearestCorner, nextCorner } from './corner';

describe('corner', () => {
  it.each([
    [null, 'bottom-right'],
    ['middle', 'bottom-right'],
    ['top-left', 'top-left'],
  ])('remembered as %s is %s', (remembered, corner) => {
    expect(cornerFrom(remembered)).toBe(corner);
  });

  it('goes around in four steps', () => {
    const around = [cornerFrom(null)];
    while (around.length < 4) around.push(nextCorner(around.at(-1) ?? 'top-left'));
    expect(new Set(around).size).toBe(4);
    expect(nextCorner(around.at(-1) ?? 'top-left')).toBe(cornerFrom(null));
  });

  it.each([
    [10, 10, 'top-left'],
    [990, 10, 'top-right'],
    [499, 301, 'bottom-left'],
    [501, 301, 'bottom-right'],
  ])('nearest to %i, %i is %s', (x, y, corner) => {
    expect(nearestCorner({ x, y }, { width: 1000, height: 600 })).toBe(corner);
  });
});
