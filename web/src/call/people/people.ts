/** Who is in the call, in an order that keeps faces where they are; who speaks, and whom the stage follows. */
import type { Link, Person, RoomState } from '../link';
import { Part } from '../part';
import { inOrder, keepPerson, keepSame } from './keep';
import { followSpeaker, NOBODY, type SpeakerState, withoutAbsent } from './speaker';

export interface PeopleView {
  /** Each person is the same object until something about them changes. */
  people: readonly Person[];
  /** Whom the stage follows. */
  mainSpeaker: string | null;
  /** Loudest first. */
  speaking: readonly string[];
  soundBlocked: boolean;
}

const SPEAKER_CHECK_MS = 1_000;

export class People extends Part<PeopleView> {
  #speaker: SpeakerState = NOBODY;
  #speakerCheck: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly link: () => Link | null,
    /** Somebody in the call has another name from now on. */
    readonly renamed: (before: Person, after: Person) => void,
  ) {
    super({ people: [], mainSpeaker: null, speaking: [], soundBlocked: false });
  }

  /** Takes over what the room knows of its people. */
  refresh(): void {
    const state = this.link()?.state();
    if (!state) return;
    this.#followSpeaker(state);
    const { speaking, soundBlocked } = state;
    const before = new Map(this.view().people.map((person) => [person.identity, person]));
    this.#show({ people: inOrder(this.view().people, state.people), speaking, soundBlocked });
    for (const person of state.people) {
      const known = before.get(person.identity);
      if (known && known.name !== person.name) this.renamed(known, person);
    }
  }

  /** The connection is gone, and sound and picture with it; a last frame left standing would look like presence. */
  withoutMedia(): void {
    const people = this.view().people.map((person) => ({
      ...person,
      camera: null,
      screen: null,
      sounds: [],
    }));
    this.#show({ people, speaking: [] });
  }

  unblockSound(): void {
    void this.link()
      ?.unblockSound()
      .catch(() => undefined);
  }

  close(): void {
    clearTimeout(this.#speakerCheck);
  }

  #followSpeaker({ people, speaking }: RoomState): void {
    const others = people.filter((person) => !person.isSelf).map((person) => person.identity);
    const speakers = speaking.filter((identity) => others.includes(identity));
    this.#speaker = followSpeaker(withoutAbsent(this.#speaker, others), speakers, Date.now());
    clearTimeout(this.#speakerCheck);
    // A voice that goes on makes no news.
    if (this.#speaker.candidate !== null) {
      this.#speakerCheck = setTimeout(() => this.refresh(), SPEAKER_CHECK_MS);
    }
  }

  #show(change: Partial<PeopleView>): void {
    const before = this.view();
    const { people = before.people, speaking = before.speaking } = change;
    this.set({
      ...before,
      ...change,
      mainSpeaker: this.#speaker.main,
      people: keepSame(
        before.people,
        people.map((person) => keepPerson(before.people, person)),
      ),
      speaking: keepSame(before.speaking, speaking),
    });
  }
}

export function selfOf({ people }: Pick<PeopleView, 'people'>): Person | null {
  return people.find((person) => person.isSelf) ?? null;
}
