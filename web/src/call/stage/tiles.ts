/** What can be put on the stage: one tile for each person and one for each shared screen. */
import type { Person, Picture } from '../link';

export interface Tile {
  id: string;
  kind: 'person' | 'screen';
  person: Person;
  picture: Picture | null;
}

/**
 * The screens of others first, in the order they were shared, then the others in the people's order, then
 * one's own screen and oneself. `shared` names the sharing people, the latest last.
 */
export function tilesOf(people: readonly Person[], shared: readonly string[]): Tile[] {
  const others = people.filter((person) => !person.isSelf);
  const self = people.filter((person) => person.isSelf);
  const sharing = others.toSorted((one, two) => shared.indexOf(one.identity) - shared.indexOf(two.identity));
  return [...screensOf(sharing), ...others.map(personTile), ...screensOf(self), ...self.map(personTile)];
}

const screensOf = (people: readonly Person[]): Tile[] =>
  people
    .filter((person) => person.screen !== null)
    .map((person) => ({
      id: `${person.identity}/screen`,
      kind: 'screen',
      person,
      picture: person.screen,
    }));

const personTile = (person: Person): Tile => ({
  id: person.identity,
  kind: 'person',
  person,
  picture: person.camera,
});

export const isSelfView = (tile: Tile): boolean => tile.kind === 'person' && tile.person.isSelf;
