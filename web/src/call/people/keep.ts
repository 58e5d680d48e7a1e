/** Keeps what has not changed: the places of people, and their objects, so that nothing is drawn anew for nothing. */
import type { Person } from '../link';
import { isSame } from '../part';
import { keepOrder } from './order';

export function inOrder(before: readonly Person[], people: readonly Person[]): Person[] {
  const byIdentity = new Map(people.map((person) => [person.identity, person]));
  const order = keepOrder(
    before.map((person) => person.identity),
    people.map((person) => person.identity),
  );
  return order.flatMap((identity) => byIdentity.get(identity) ?? []);
}

export function keepPerson(before: readonly Person[], person: Person): Person {
  const known = before.find(({ identity }) => identity === person.identity);
  if (!known) return person;
  const same = { ...person, sounds: keepSame(known.sounds, person.sounds) };
  return isSame(known, same) ? known : same;
}

/** The former value where nothing differs. */
export const keepSame = <S>(before: S, after: S): S => (isSame(before, after) ? before : after);
