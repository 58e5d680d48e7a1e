/** People come and go; the notices stay few. */
import { describe, expect, it } from 'vitest';
import { Comings } from './join-leave-notices';

describe('Comings', () => {
  it('mentions Bob shortly after he joins, once', () => {
    const comings = new Comings();
    comings.arrive('bob', 'Bob', 0);
    expect(comings.deadline()).toBe(800);
    expect(comings.due(799)).toEqual([]);
    expect(comings.due(800)).toEqual([{ kind: 'joined', names: ['Bob'] }]);
    expect([comings.due(10_000), comings.deadline()]).toEqual([[], null]);
  });

  it('gathers those who arrive together', () => {
    const comings = new Comings();
    for (const [i, name] of ['Bob', 'Carol', 'Dave'].entries()) comings.arrive(name, name, i * 300);
    expect(comings.due(900)).toEqual([{ kind: 'joined', names: ['Bob', 'Carol', 'Dave'] }]);
  });

  it('says nothing when Carol reloads her page', () => {
    const comings = new Comings();
    comings.depart('carol', 'Carol', 0);
    comings.arrive('carol', 'Carol', 2_500);
    expect([comings.deadline(), comings.due(60_000)]).toEqual([null, []]);
  });

  it('mentions Dave when he stays away', () => {
    const comings = new Comings();
    comings.depart('dave', 'Dave', 0);
    expect(comings.due(3_999)).toEqual([]);
    expect(comings.due(4_000)).toEqual([{ kind: 'left', names: ['Dave'] }]);
  });

  it('says nothing of someone who looked in for half a second', () => {
    const comings = new Comings();
    comings.arrive('eve', 'Eve', 0);
    comings.depart('eve', 'Eve', 500);
    expect(comings.due(60_000)).toEqual([]);
  });

  it('keeps Bob and another Bob apart', () => {
    const comings = new Comings();
    comings.depart('bob-1', 'Bob', 0);
    comings.arrive('bob-2', 'Bob', 100);
    expect(comings.due(900)).toEqual([{ kind: 'joined', names: ['Bob'] }]);
  });

  it('forgets everything on clear', () => {
    const comings = new Comings();
    comings.arrive('bob', 'Bob', 0);
    comings.clear();
    expect(comings.due(60_000)).toEqual([]);
  });
});
