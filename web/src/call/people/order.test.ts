/** Faces stay put while people come and go. */
import { describe, expect, it } from 'vitest';
import { inOrderOfArrival, keepOrder } from './order';

const seats = ['alice', 'bob', 'carol', 'dave'];

describe('keepOrder', () => {
  it('changes nothing when nobody moves, whatever the order they are reported in', () => {
    expect(keepOrder(seats, [...seats].reverse())).toEqual(seats);
  });

  it('seats a newcomer last', () => {
    expect(keepOrder(seats, ['eve', ...seats])).toEqual([...seats, 'eve']);
  });

  it('moves only the last person when someone leaves', () => {
    expect(keepOrder(seats, ['alice', 'carol', 'dave'])).toEqual(['alice', 'dave', 'carol']);
  });

  it('gives a freed seat to a newcomer, so that nobody moves', () => {
    expect(keepOrder(seats, ['alice', 'carol', 'dave', 'eve'])).toEqual(['alice', 'eve', 'carol', 'dave']);
  });

  it('survives everyone but the last leaving at once, and everyone leaving', () => {
    expect(keepOrder(seats, ['dave'])).toEqual(['dave']);
    expect(keepOrder(seats, [])).toEqual([]);
  });
});

describe('inOrderOfArrival', () => {
  it('puts the latest last, and who begins anew behind the others', () => {
    const both = inOrderOfArrival(['dave'], ['bob', 'dave']);
    expect(both).toEqual(['dave', 'bob']);
    expect(inOrderOfArrival(inOrderOfArrival(both, ['bob']), ['bob', 'dave'])).toEqual(['bob', 'dave']);
  });

  it('answers the same list while nothing changes', () => {
    const before = ['dave', 'bob'];
    expect(inOrderOfArrival(before, ['bob', 'dave'])).toBe(before);
  });
});
