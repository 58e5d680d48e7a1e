/** The five people of every story, as the room would report them. */
import type { Person, Picture } from '../link';

export function person(name: string, more: Partial<Person> = {}): Person {
  return {
    identity: name.toLowerCase(),
    name,
    isLookalike: false,
    isSelf: false,
    microphoneOn: true,
    camera: null,
    screen: null,
    sounds: [],
    quality: 'good',
    ...more,
  };
}

export function picture(id: string): Picture {
  return { id, attach: () => () => {} };
}

export const alice = person('Alice', { isSelf: true });
export const bob = person('Bob');
export const carol = person('Carol');
export const dave = person('Dave');
