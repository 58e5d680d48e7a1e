/** Who cannot use a mouse, reads French, or holds a phone does everything too. */
import { after, afterEach, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { violations } from '../harness/accessibility.ts';
import { blockDevices } from '../harness/blocked-devices.ts';
import { Meeting } from '../harness/meeting.ts';
import type { Person } from '../harness/person.ts';
import { until } from '../harness/waiting.ts';

const PHONE = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };

let meeting: Meeting;
before(async () => {
  meeting = await Meeting.open();
});
afterEach(() => meeting.clear());
after(() => meeting.close());

for (const colorScheme of ['light', 'dark'] as const) {
  test(`axe finds nothing on any screen (${colorScheme})`, async () => {
    const alice = await meeting.arrives('Alice', { colorScheme, reducedMotion: 'reduce' });
    const found: string[] = [];
    const look = async (screen: string): Promise<void> => {
      for (const one of await violations(alice)) found.push(`${screen}: ${one}`);
    };
    await promisesCaptions(alice);
    await alice.page.goto(meeting.server.url);
    await alice.id('home-start').waitFor();
    await look('home');
    const link = await alice.startsMeeting();
    await look('pre-join');
    await alice.joins();
    await look('call, alone');
    const bob = await meeting.arrives('Bob');
    await bob.comesTo(link);
    await alice.sees(bob);
    await look('call, two');
    await alice.id('call-people').click();
    await alice.id('person').first().waitFor();
    await look('call, people panel');
    await alice.startsTranscript();
    await look('call, transcript kept');
    await bob.leaves();
    const transcript = await alice.leaves();
    await look('goodbye');
    assert.ok(transcript, 'there is a transcript to read');
    await alice.page.goto(new URL(transcript, meeting.server.url).href);
    await alice.page.getByRole('heading', { level: 1 }).waitFor();
    await look('transcript');
    await alice.page.goto(`${meeting.server.url}/r/00000-00000-00000-00000-00000`);
    await alice.id('error-not-found').waitFor();
    await look('not found');
    assert.deepEqual(found, []);
  });
}

test('by keyboard alone: start, name, join, mute, leave', async () => {
  const { page } = await meeting.arrives('Alice');
  await page.goto(meeting.server.url);
  // Forty presses are over before a busy machine has drawn anything.
  await page.getByTestId('home-start').waitFor();
  await tabTo(page, 'home-start');
  await page.keyboard.press('Enter');
  await page.getByTestId('prejoin-name').waitFor();
  await tabTo(page, 'prejoin-name');
  await page.keyboard.type('Alice');
  await page.keyboard.press('Enter');
  await page.getByTestId('call-stage').waitFor({ timeout: 20_000 });
  await until('her microphone is on', async () => (await page.getByTestId('call-mic').getAttribute('aria-pressed')) === 'true');
  await page.keyboard.press('Control+d');
  await until('her microphone is off', async () => (await page.getByTestId('call-mic').getAttribute('aria-pressed')) === 'false');
  await tabTo(page, 'call-mic');
  for (let press = 0; press < 12 && (await focused(page)) !== 'call-leave'; press += 1) await page.keyboard.press('ArrowRight');
  assert.equal(await focused(page), 'call-leave', 'arrow keys walk along the bar');
  await page.keyboard.press('Enter');
  await page.getByTestId('goodbye').waitFor();
});

test('in French where the browser is French, and the page says so', async () => {
  const amelie = await meeting.arrives('Amélie', { locale: 'fr-FR' });
  await amelie.page.goto(meeting.server.url);
  await amelie.id('home-start').waitFor();
  assert.match(await amelie.page.locator('html').getAttribute('lang') ?? '', /^fr/);
  assert.match((await amelie.id('home-start').textContent()) ?? '', /réunion/i);
  await amelie.startsMeeting();
  await amelie.joins();
  assert.match((await amelie.id('call-leave').textContent()) ?? '', /quitter/i);
});

test('on a phone: nothing is wider than the screen, targets are large enough, the call works', async () => {
  const { alice, link } = await startedByAlice();
  const bob = await meeting.arrives('Bob', PHONE);
  await bob.page.goto(meeting.server.url);
  await bob.id('home-start').waitFor();
  await fits(bob, 'home');
  await bob.opens(link);
  await fits(bob, 'pre-join');
  await bob.joins();
  await bob.sees(alice);
  await fits(bob, 'call');
  for (const button of ['call-mic', 'call-camera', 'call-leave']) {
    const box = await bob.id(button).boundingBox();
    assert.ok(box && box.width >= 44 && box.height >= 44, `${button} is at least 44 px (${box?.width}x${box?.height})`);
    assert.ok(box.x >= 0 && box.x + box.width <= PHONE.viewport.width, `${button} is on the screen`);
  }
  await bob.leaves();
  await fits(bob, 'goodbye');
});

for (const viewport of [{ width: 740, height: 360 }, { width: 640, height: 300 }]) {
  test(`on a phone held sideways, ${viewport.width} by ${viewport.height}: every control is on the screen, and that words are kept`, async () => {
    const bob = await meeting.arrives('Bob', { ...PHONE, viewport });
    await promisesCaptions(bob);
    await bob.startsMeeting();
    await bob.joins();
    const seen = await controlsOnScreen(bob, viewport);
    for (const wanted of ['call-mic', 'call-captions', 'call-people', 'call-settings', 'call-leave', 'call-info']) {
      assert.ok(seen.includes(wanted), `${wanted} is there`);
    }
    await fits(bob, 'call');
  });
}

test('enlarged to 400 %, 320 by 256: one is seen, the invitation is within reach, and every control on the screen', async () => {
  const viewport = { width: 320, height: 256 };
  const bob = await meeting.arrives('Bob', { viewport });
  await promisesCaptions(bob);
  await bob.startsMeeting();
  await bob.joins();
  await controlsOnScreen(bob, viewport);
  await bob.id('alone').getByRole('link').or(bob.id('alone').getByRole('button')).last().scrollIntoViewIfNeeded();
  await bob.tile(bob).scrollIntoViewIfNeeded();
  await fits(bob, 'call');
});

for (const width of [360, 320]) {
  test(`on a phone of ${width} px whose microphone is blocked: there is a way to find out why, and one to leave`, async () => {
    const viewport = { width, height: 640 };
    const bob = await meeting.arrives('Bob', { ...PHONE, viewport });
    await promisesCaptions(bob);
    await bob.page.addInitScript(blockDevices);
    await bob.startsMeeting();
    await bob.joins();
    await bob.id('call-mic').click();
    await bob.id('call-device-trouble').waitFor();
    const seen = await controlsOnScreen(bob, viewport);
    for (const wanted of ['call-device-trouble', 'call-captions', 'call-leave']) assert.ok(seen.includes(wanted), `${wanted} is there`);
    await fits(bob, 'call');
  });
}

/** The test ids of all buttons of a call's bars, none of which is cut off. */
async function controlsOnScreen(person: Person, viewport: { width: number; height: number }): Promise<(string | null)[]> {
  const controls = await person.page.locator('[data-region="bar"] button:visible, header button:visible').all();
  const outside: string[] = [];
  for (const control of controls) {
    // With its shape, which may be wider than the button.
    const boxes = await control.evaluate((button) => [button, ...button.children].map((part) => part.getBoundingClientRect().toJSON() as DOMRect));
    const inside = boxes.every((box) => box.left >= 0 && box.top >= 0 && box.right <= viewport.width && box.bottom <= viewport.height);
    if (!inside) outside.push(`${await control.getAttribute('data-testid')} ${JSON.stringify(boxes)}`);
  }
  assert.deepEqual(outside, []);
  return Promise.all(controls.map((control) => control.getAttribute('data-testid')));
}

/** The page of a server that can hear, without the hundreds of megabytes of models that hearing takes. */
async function promisesCaptions(person: Person): Promise<void> {
  await person.page.route('**/api/v1/config', async (route) => {
    const response = await route.fetch();
    const config = (await response.json()) as { captions: object };
    await route.fulfill({ response, json: { ...config, captions: { ...config.captions, available: true } } });
  });
}

async function fits(person: Person, screen: string): Promise<void> {
  const excess = await person.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(excess <= 0, `${screen} is ${excess} px too wide`);
}

async function startedByAlice(): Promise<{ alice: Person; link: string }> {
  const alice = await meeting.arrives('Alice');
  const link = await alice.startsMeeting();
  await alice.joins();
  return { alice, link };
}

const focused = (page: Person['page']): Promise<string | null> =>
  page.evaluate(() => document.activeElement?.closest('[data-testid]')?.getAttribute('data-testid') ?? null);

/** Tab forward until the focus is there; a screen with more stops than that is a maze. */
async function tabTo(page: Person['page'], testId: string): Promise<void> {
  for (let press = 0; press < 40; press += 1) {
    if ((await focused(page)) === testId) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`Tab never reached ${testId}`);
}
