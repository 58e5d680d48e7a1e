/** A picture of every screen: light and dark, wide and narrow, French and English, one to twelve people. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Meeting } from '../harness/meeting.ts';
import { hostPage, type PageHost } from '../harness/page-host.ts';
import type { Person } from '../harness/person.ts';
import { captionsMissing, padded } from '../harness/speech.ts';
import { pause, until } from '../harness/waiting.ts';
import { photographCalls } from './calls.ts';
import { Crowd } from './crowd.ts';
import { photographPages } from './pages.ts';
import { photographTranscripts } from './transcripts.ts';

const OUT = join(import.meta.dirname, '..', 'out', 'screens');
const SIZES = [1, 2, 5, 12];
// Tiles come to their places and the pictures to their sharpness.
const SETTLE_MS = 1_500;
const SPEECH_TIMEOUT_MS = 60_000;

interface Look {
  locale: 'fr-FR' | 'en-GB';
  colorScheme: 'light' | 'dark';
  width: 1280 | 360;
}

const looks: Look[] = (['light', 'dark'] as const).flatMap((colorScheme) =>
  ([1280, 360] as const).flatMap((width) => (['fr-FR', 'en-GB'] as const).map((locale) => ({ locale, colorScheme, width }))),
);

/** All, or only those that the command names. */
const isWanted = (pictures: string): boolean => process.argv.length === 2 || process.argv.includes(pictures);

async function main(): Promise<void> {
  mkdirSync(OUT, { recursive: true });
  const meeting = await Meeting.open({ captions: captionsMissing() === false });
  const host = await hostPage(join(import.meta.dirname, 'crowd-page.ts'));
  let count = 0;
  try {
    if (isWanted('pages')) count += await photographPages(meeting, OUT);
    if (isWanted('transcripts') && !captionsMissing()) count += await photographTranscripts(meeting, OUT);
    if (isWanted('calls')) count += await photographCalls(meeting, host, OUT);
    if (isWanted('looks')) for (const look of looks) count += await photograph(meeting, host, look);
  } finally {
    host.close();
    await meeting.close();
    console.log(`${count} pictures in ${OUT}`);
  }
}

async function photograph(meeting: Meeting, host: PageHost, look: Look): Promise<number> {
  const viewport = { width: look.width, height: look.width === 360 ? 740 : 760 };
  const phone = look.width === 360 ? { isMobile: true, hasTouch: true } : {};
  const alice = await meeting.arrives('Alice', { viewport, locale: look.locale, colorScheme: look.colorScheme, reducedMotion: 'reduce', ...phone });
  let count = 0;
  const shoot = async (screen: string): Promise<void> => {
    await pause(SETTLE_MS);
    const name = `${screen}-${look.colorScheme}-${look.width}-${look.locale.slice(0, 2)}.png`;
    await alice.page.screenshot({ path: join(OUT, name) });
    count += 1;
  };
  await alice.page.goto(meeting.server.url);
  await alice.id('home-start').waitFor();
  await shoot('1-home');
  const link = await alice.startsMeeting();
  await shoot('2-prejoin');
  await alice.joins();
  const crowd = await callOfAllSizes(meeting, host, alice, link, shoot);
  await alice.id('call-people').click();
  await shoot('4-people');
  await crowd.leaves();
  await alice.page.keyboard.press('Escape');
  await shootSpeech(meeting, alice, link, shoot);
  await leaveAndRead(meeting, alice, shoot);
  await meeting.clear();
  return count;
}

async function callOfAllSizes(meeting: Meeting, host: PageHost, alice: Person, link: string, shoot: (screen: string) => Promise<void>): Promise<Crowd> {
  const crowd = await Crowd.arrives(meeting.browser, host, link);
  for (const size of SIZES) {
    while (crowd.size < size - 1) await crowd.grows();
    await until(`${size} are in the call`, async () => size === 1 || (await alice.id('call-people').textContent())?.includes(String(size)));
    await shoot(`3-call-${String(size).padStart(2, '0')}`);
    if (size === 5) await shootShare(alice, shoot);
  }
  return crowd;
}

async function shootShare(alice: Person, shoot: (screen: string) => Promise<void>): Promise<void> {
  await alice.id('call-share').click();
  await alice.tile(alice, 'screen').waitFor();
  await shoot('3-call-share');
  await alice.id('call-share').click();
}

/** Bob speaks until something that he said is certain; without recordings these pictures are left out. */
async function shootSpeech(meeting: Meeting, alice: Person, link: string, shoot: (screen: string) => Promise<void>): Promise<void> {
  if (captionsMissing()) return;
  const bob = await meeting.arrivesSpeaking('Bob', padded('dots', 1, 5));
  await bob.comesTo(link);
  await alice.page.keyboard.press('t');
  await shoot('4-transcript-offer');
  await alice.page.keyboard.press('Escape');
  await bob.startsTranscript();
  // Chromium's own microphone only beeps.
  await alice.sets('call-mic', false);
  await alice.page.locator('[data-testid="caption-line"][data-final="true"]').first().waitFor({ timeout: SPEECH_TIMEOUT_MS });
  await shoot('3-call-captions');
  await alice.page.keyboard.press('t');
  if ((await alice.id('transcript-panel').count()) > 0) {
    await shoot('4-transcript');
    await alice.page.keyboard.press('Escape');
  }
  await bob.leaves();
}

async function leaveAndRead(meeting: Meeting, alice: Person, shoot: (screen: string) => Promise<void>): Promise<void> {
  const transcript = await alice.leaves();
  await shoot('5-goodbye');
  if (transcript) {
    await alice.page.goto(new URL(transcript, meeting.server.url).href);
    await shoot('6-transcript');
  }
  await alice.page.goto(`${meeting.server.url}/r/00000-00000-00000-00000-00000`);
  await shoot('7-not-found');
}

await main();
