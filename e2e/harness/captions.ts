/** What one person was shown of what is said, and when: every change of every line. */
import type { Person } from './person.ts';

export interface Shown {
  /** Milliseconds of the wall clock. */
  at: number;
  segment: string;
  /** When it began to be said, by the server's clock. */
  startedAt: number;
  name: string;
  final: boolean;
  text: string;
}

/** From now on, keeps every state of every caption line that comes on the screen. */
export async function watchCaptions(person: Person): Promise<void> {
  await person.page.evaluate(() => {
    const shown: Shown[] = [];
    const last = new Map<string, string>();
    const look = (): void => {
      for (const line of document.querySelectorAll<HTMLElement>('[data-testid="caption-line"]')) {
        const { segment = '', name = '', final = '', startedAt = '' } = line.dataset;
        const text = line.querySelector('[data-testid="caption-text"]')?.textContent ?? '';
        if (last.get(segment) === final + text) continue;
        last.set(segment, final + text);
        shown.push({ at: Date.now(), segment, startedAt: Number(startedAt), name, final: final === 'true', text });
      }
    };
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
    look();
    Object.assign(globalThis, { shown });
  });
}

export const shownTo = (person: Person): Promise<Shown[]> => person.page.evaluate(() => (globalThis as unknown as { shown: Shown[] }).shown);

/** Text of all lines of a name as they stand, in the order in which they stand. */
export function textOf(shown: Shown[], name: string, finalOnly = false): string {
  const lines = new Map<string, Shown>();
  for (const one of shown) if (one.name === name && (one.final || !finalOnly)) lines.set(one.segment, one);
  const inOrder = [...lines.values()].sort((one, other) => one.startedAt - other.startedAt);
  return inOrder.map((line) => line.text).join(' ');
}
