/** The call where it is most likely to break: narrow, low, enlarged, in forced colours, without devices or a server. */
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { Meeting } from '../harness/meeting.ts';
import type { PageHost } from '../harness/page-host.ts';
import type { Person, PersonOptions } from '../harness/person.ts';
import { captionsMissing, padded } from '../harness/speech.ts';
import { pause } from '../harness/waiting.ts';
import { blockDevices } from '../harness/blocked-devices.ts';
import { Crowd } from './crowd.ts';
import { newRoom } from '../harness/rooms.ts';

const SETTLE_MS = 1_000;
const SPEECH_TIMEOUT_MS = 60_000;
const OTHERS = 4;
const ROOM_NAME = 'Comité de pilotage de la modernisation des services numériques';

interface Look extends PersonOptions {
  name: string;
}

const phone = { isMobile: true, hasTouch: true };
const LOOKS: Look[] = [
  { name: 'phone', viewport: { width: 360, height: 740 }, locale: 'fr-FR', ...phone },
  { name: 'phone-sideways', viewport: { width: 740, height: 360 }, locale: 'fr-FR', ...phone },
  // What is left of 1280 by 800 at 200 %, and of 1280 by 1024 at 400 %.
  { name: 'zoom-200', viewport: { width: 640, height: 400 }, deviceScaleFactor: 2, locale: 'fr-FR' },
  { name: 'zoom-400', viewport: { width: 320, height: 256 }, deviceScaleFactor: 4, locale: 'fr-FR' },
  { name: 'forced', viewport: { width: 1280, height: 760 }, colorScheme: 'dark', forcedColors: 'active', locale: 'fr-FR' },
  { name: 'forced-light', viewport: { width: 1280, height: 760 }, colorScheme: 'light', forcedColors: 'active', locale: 'en-GB' },
];

type Shoot = (screen: string) => Promise<void>;

/** Answers how many pictures there are in the folder `out` afterwards. */
export async function photographCalls(meeting: Meeting, host: PageHost, out: string): Promise<number> {
  let count = 0;
  for (const { name, ...look } of LOOKS) {
    const alice = await meeting.arrives('Alice', { reducedMotion: 'reduce', ...look });
    const shoot: Shoot = async (screen) => {
      await pause(SETTLE_MS);
      await alice.page.screenshot({ path: join(out, `10-${screen}-${name}.png`) });
      count += 1;
    };
    const line = await Line.under(alice.page);
    const link = await newRoom(meeting.server.url, { name: ROOM_NAME });
    await alice.comesTo(link);
    const crowd = await Crowd.arrives(meeting.browser, host, link);
    while (crowd.size < OTHERS) await crowd.grows();
    await photographCall(meeting, alice, link, shoot);
    await photographInterruption(alice, line, shoot);
    await alice.page.reload();
    await photographEnd(meeting, alice, crowd, shoot);
    await photographBlocked(alice, link, shoot);
    await meeting.clear();
  }
  return count;
}

async function photographCall(meeting: Meeting, alice: Person, link: string, shoot: Shoot): Promise<void> {
  await shoot('call');
  await alice.id('call-people').click();
  await shoot('people');
  await alice.page.keyboard.press('Escape');
  await alice.id('call-settings').click();
  await shoot('settings');
  await alice.page.keyboard.press('Escape');
  await alice.page.keyboard.press('?');
  await shoot('keys');
  await alice.page.keyboard.press('Escape');
  if (captionsMissing()) return;
  const bob = await meeting.arrivesSpeaking('Bob', padded('dots', 1, 5));
  await bob.comesTo(link);
  await bob.startsTranscript();
  // The hint of the button that has the focus lies over its neighbours.
  await alice.page.keyboard.press('Escape');
  // Chromium's own microphone only beeps.
  await alice.sets('call-mic', false);
  await alice.id('caption-line').first().waitFor({ timeout: SPEECH_TIMEOUT_MS });
  await shoot('captions');
  await alice.page.keyboard.press('t');
  // A line has its time once it is final, and so kept.
  await alice.id('transcript-panel').getByText(/^\d+:\d+/).first().waitFor({ timeout: SPEECH_TIMEOUT_MS });
  await shoot('transcript-panel');
  await alice.page.keyboard.press('Escape');
  await bob.leaves();
}

async function photographInterruption(alice: Person, line: Line, shoot: Shoot): Promise<void> {
  await line.breaks();
  for (const stage of ['thin', 'explained', 'advised']) {
    await alice.page.locator(`[data-testid="reconnecting"][data-stage="${stage}"]`).waitFor();
    await shoot(`reconnecting-${stage}`);
  }
  line.isWhole = true;
  await alice.id('reconnect-now').click();
  await alice.id('reconnecting').waitFor({ state: 'detached' });
}

async function photographEnd(meeting: Meeting, alice: Person, crowd: Crowd, shoot: Shoot): Promise<void> {
  await alice.id('call-stage').waitFor();
  await crowd.leaves();
  const transcript = await alice.leaves();
  await shoot('goodbye');
  if (transcript === null) return;
  await alice.page.goto(new URL(transcript, meeting.server.url).href);
  await alice.id('transcript-line').first().waitFor();
  await shoot('transcript');
  await alice.id('transcript-line').last().scrollIntoViewIfNeeded();
  await shoot('transcript-end');
}

async function photographBlocked(alice: Person, link: string, shoot: Shoot): Promise<void> {
  await alice.page.addInitScript(blockDevices);
  await alice.comesTo(link);
  await shoot('blocked');
  await alice.id('call-mic').click();
  await shoot('blocked-pressed');
}

/** The way between a page and its server, which may break; what the page sends directly goes on. */
class Line {
  isWhole = true;
  private readonly sockets = new Set<{ close(): Promise<void> }>();

  private constructor() {}

  static async under(page: Page): Promise<Line> {
    const line = new Line();
    await page.route('**/api/**', (route) => (line.isWhole ? route.continue() : route.abort()));
    await page.routeWebSocket(/\/rtc/, (socket) => {
      if (!line.isWhole) return void socket.close();
      socket.connectToServer();
      line.sockets.add(socket);
    });
    return line;
  }

  async breaks(): Promise<void> {
    this.isWhole = false;
    for (const socket of this.sockets) await socket.close();
    this.sockets.clear();
  }
}
