/** What the stage remembers of its people from one drawing to the next. */
import { useCallback, useState } from 'react';
import type { Person } from '../../../call/link';
import { inOrderOfArrival } from '../../../call/people/order';

/** The people who share a screen, the latest last. */
export function useShared(people: readonly Person[]): readonly string[] {
  const [before, setShared] = useState<readonly string[]>([]);
  const sharing = people.filter((person) => person.screen !== null).map((person) => person.identity);
  const shared = inOrderOfArrival(before, sharing);
  if (shared !== before) setShared(shared);
  return shared;
}

/** Whether anybody else has been here: who is left behind is not the first. */
export function useHadCompany(people: readonly Person[]): boolean {
  const [had, setHad] = useState(false);
  if (!had && people.length > 1) setHad(true);
  return had;
}

/** The shapes of pictures by their ids, learnt when their first frame arrives. */
export function useAspects(): [ReadonlyMap<string, number>, (id: string, aspect: number) => void] {
  const [aspects, setAspects] = useState<ReadonlyMap<string, number>>(new Map());
  const learn = useCallback(
    (id: string, aspect: number) =>
      setAspects((known) => (known.get(id) === aspect ? known : new Map(known).set(id, aspect))),
    [],
  );
  return [aspects, learn];
}
