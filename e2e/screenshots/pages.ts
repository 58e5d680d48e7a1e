/** The pages outside the call where they are most likely to break: low, narrow, enlarged, blocked, without a server. */
import { join } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { readyContext } from '../harness/browser.ts';
import type { Meeting } from '../harness/meeting.ts';
import { pause } from '../harness/waiting.ts';
import { blockDevices } from '../harness/blocked-devices.ts';
import { newRoom } from '../harness/rooms.ts';

const SETTLE_MS = 700;
// A name as people give them, on more lines than there is space for.
const LONG_NAME = 'Comité de pilotage de la modernisation des services numériques';

interface PageLook extends Pick<BrowserContextOptions, 'viewport' | 'deviceScaleFactor' | 'colorScheme' | 'forcedColors' | 'isMobile' | 'hasTouch' | 'locale'> {
  name: string;
}

const phone = { isMobile: true, hasTouch: true };
const LOOKS: PageLook[] = [
  { name: '1280', viewport: { width: 1280, height: 800 }, colorScheme: 'light', locale: 'fr-FR' },
  { name: '1280-dark', viewport: { width: 1280, height: 800 }, colorScheme: 'dark', locale: 'en-GB' },
  { name: '1280-forced', viewport: { width: 1280, height: 800 }, forcedColors: 'active', locale: 'fr-FR' },
  { name: '1920', viewport: { width: 1920, height: 1080 }, colorScheme: 'light', locale: 'fr-FR' },
  { name: '1280-forced-dark', viewport: { width: 1280, height: 800 }, colorScheme: 'dark', forcedColors: 'active', locale: 'fr-FR' },
  { name: 'phone', viewport: { width: 360, height: 740 }, colorScheme: 'light', locale: 'fr-FR', ...phone },
  { name: 'phone-sideways', viewport: { width: 844, height: 390 }, colorScheme: 'dark', locale: 'fr-FR', ...phone },
  // What is left of 1280 by 800 at 200 %, and of 1280 by 1024 at 400 %.
  { name: 'zoom-200', viewport: { width: 640, height: 400 }, deviceScaleFactor: 2, colorScheme: 'light', locale: 'fr-FR' },
  { name: 'zoom-400', viewport: { width: 320, height: 256 }, deviceScaleFactor: 4, colorScheme: 'light', locale: 'fr-FR' },
];

/** Answers how many pictures there are in the folder `out` afterwards. */
export async function photographPages(meeting: Meeting, out: string): Promise<number> {
  let count = 0;
  for (const { name, ...look } of LOOKS) {
    const context = await readyContext(await meeting.browser.newContext({ reducedMotion: 'reduce', ...look }));
    const shoot = async (page: Page, screen: string): Promise<void> => {
      await pause(SETTLE_MS);
      // Enlarged, little of a page is in view at once.
      await page.screenshot({ path: join(out, `8-${screen}-${name}.png`), fullPage: name.startsWith('zoom') });
      count += 1;
    };
    await photograph(context.newPage.bind(context), meeting.server.url, shoot);
    await context.close();
  }
  return count;
}

async function photograph(open: () => Promise<Page>, url: string, shoot: (page: Page, screen: string) => Promise<void>): Promise<void> {
  const page = await open();
  await page.route('**/api/v1/config', (route) => route.fulfill({ json: OPERATED }));
  await page.goto(url);
  await page.getByTestId('home-start').waitFor();
  await shoot(page, 'home');
  await page.goto(await newRoom(url, { name: LONG_NAME }));
  await page.getByTestId('prejoin-join').waitFor();
  await shoot(page, 'prejoin');
  await page.addInitScript(blockDevices);
  await page.reload();
  await page.getByTestId('prejoin-join').waitFor();
  await shoot(page, 'prejoin-blocked');
  await page.route('**/api/v1/rooms/*', (route) => route.abort());
  await page.reload();
  await page.getByTestId('error-unreachable').waitFor();
  await shoot(page, 'server-away');
  const body = { error: { code: 'internal', message: 'x', error_id: '7f3a-91c2' } };
  await page.route('**/api/v1/rooms/*', (route) => route.fulfill({ status: 500, json: body }));
  await page.reload();
  await page.getByTestId('error-server-failed').waitFor();
  await shoot(page, 'server-failed');
  await page.close();
}

const OPERATED = {
  version: '1',
  captions: { available: true, reason: null, languages: ['fr', 'en', 'de'] },
  limits: { name_chars_max: 64 },
  operator: {
    name: 'Région Bretagne',
    logo: null,
    contact: 'assistance@example.org',
    legal_url: 'https://example.org/legal',
    privacy_url: 'https://example.org/privacy',
    accessibility_url: 'https://example.org/accessibility',
  },
};
