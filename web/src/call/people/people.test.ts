/** Who is drawn again, and when: people who did not change stay the same objects. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeRoom } from '../testing/fake-room';
import { alice, bob, carol, person, picture } from '../testing/people';
import { People } from './people';

function crowd() {
  const room = new FakeRoom();
  room.people = [alice, bob, carol];
  const renamed = vi.fn();
  const people = new People(() => room, renamed);
  people.refresh();
  return { room, people, renamed };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('People', () => {
  it('replaces nobody when somebody speaks', () => {
    const { room, people } = crowd();
    const before = people.view().people;
    room.people = room.people.map((person) => ({ ...person, sounds: [...person.sounds] }));
    room.speaking = ['bob'];
    people.refresh();
    expect(people.view().people).toBe(before);
    expect(people.view()).toMatchObject({ speaking: ['bob'], mainSpeaker: 'bob' });
  });

  it('replaces only Carol when she turns her camera on', () => {
    const { room, people } = crowd();
    const before = people.view().people;
    room.people = [alice, bob, { ...carol, camera: picture('c') }];
    people.refresh();
    const after = people.view().people;
    expect(after.map((person, n) => person === before[n])).toEqual([true, true, false]);
  });

  it('says who has another name, once', () => {
    const { room, people, renamed } = crowd();
    const bobby = { ...bob, name: 'Bobby' };
    room.people = [alice, bobby, carol, person('Dave')];
    people.refresh();
    people.refresh();
    expect(renamed.mock.calls).toEqual([[bob, bobby]]);
  });

  it('tells nobody of a look that finds nothing new', () => {
    const { people } = crowd();
    const listener = vi.fn();
    people.subscribe(listener);
    people.refresh();
    expect(listener).not.toHaveBeenCalled();
  });

  it('keeps everyone, silent and without a picture, when the connection is gone', () => {
    const { room, people } = crowd();
    room.people = [alice, { ...bob, camera: picture('b') }, carol];
    room.speaking = ['bob'];
    people.refresh();
    people.withoutMedia();
    expect(people.view()).toMatchObject({ people: [{}, { name: 'Bob', camera: null }, {}], speaking: [] });
  });
});
