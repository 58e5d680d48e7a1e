/** All that is seen of a transcript, from the question at the beginning to the page on which it is deleted. */
import { join } from 'node:path';
import type { PersonOptions } from '../harness/person.ts';
import type { Meeting } from '../harness/meeting.ts';
import { pause } from '../harness/waiting.ts';
import { newRoom } from '../harness/rooms.ts';

const SETTLE_MS = 700;

interface Look extends PersonOptions {
  name: string;
}

const phone = { isMobile: true, hasTouch: true };
const LOOKS: Look[] = [
  { name: '1280', viewport: { width: 1280, height: 760 }, colorScheme: 'light', locale: 'fr-FR' },
  { name: 'phone-dark', viewport: { width: 390, height: 844 }, colorScheme: 'dark', locale: 'fr-FR', ...phone },
  { name: 'phone-sideways', viewport: { width: 844, height: 390 }, colorScheme: 'light', locale: 'en-GB', ...phone },
];

/** Answers how many pictures there are in the folder `out` afterwards; they need speech recognition. */
export async function photographTranscripts(meeting: Meeting, out: string): Promise<number> {
  let count = 0;
  for (const { name, ...look } of LOOKS) {
    const alice = await meeting.arrives('Alice', { reducedMotion: 'reduce', ...look });
    const shoot = async (screen: string): Promise<void> => {
      await pause(SETTLE_MS);
      await alice.page.screenshot({ path: join(out, `9-${screen}-${name}.png`) });
      count += 1;
    };
    const link = await newRoom(meeting.server.url, { name: 'Comité de pilotage', transcript: 'ask' });
    await alice.comesTo(link);
    await alice.id('transcript-question').waitFor();
    await shoot('question');
    await alice.id('transcript-not-now').click();
    await alice.page.keyboard.press('t');
    await shoot('offer');
    await alice.id('transcript-panel').getByTestId('transcript-start').click();
    await alice.id('transcript-stop').waitFor();
    await shoot('kept');
    await alice.id('transcript-stop').click();
    await alice.id('transcript-start').waitFor();
    await shoot('stopped');
    await alice.id('transcript-start').click();
    await alice.id('transcript-stop').waitFor();
    await alice.page.keyboard.press('Escape');
    await alice.id('call-transcript-badge').click();
    await shoot('explained');
    await alice.page.keyboard.press('Escape');
    const bob = await meeting.arrives('Bob', { camera: false });
    await bob.comesTo(link);
    const transcript = await alice.leaves();
    await shoot('goodbye');
    await alice.page.goto(new URL(transcript ?? '', meeting.server.url).href);
    await alice.id('error-transcript-not-yet').waitFor();
    await shoot('still-on');
    await bob.leaves();
    await alice.id('transcript-delete').click();
    await shoot('delete');
    await alice.id('transcript-delete-now').click();
    await alice.id('error-transcript-deleted').waitFor();
    await shoot('deleted');
    await meeting.clear();
  }
  return count;
}
