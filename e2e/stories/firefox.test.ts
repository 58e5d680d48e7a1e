/** Firefox and Chromium in one meeting, each way: its network is a namespace, because Firefox refuses loopback for media. */
import { after, afterEach, before, test } from 'node:test';
import assert from 'node:assert/strict';
import type { Browser } from 'puppeteer-core';
import { FirefoxPerson, id, launchFirefox, tileOf } from '../harness/firefox.ts';
import { Meeting } from '../harness/meeting.ts';
import { OWN_ADDRESS } from '../harness/own-network.ts';
import { captionsMissing, padded, wordsOf } from '../harness/speech.ts';
import { until } from '../harness/waiting.ts';

// Firefox starts in a few seconds; every wait inside is bounded by itself.
const STORY = { timeout: 180_000 };
const SPOKEN_TIMEOUT_MS = 60_000;

const captions = !captionsMissing();

let meeting: Meeting;
let firefox: Browser;
let guests: FirefoxPerson[] = [];
before(async () => {
  meeting = await Meeting.open({ captions, env: { VISIO_MEDIA__ADDRESSES: OWN_ADDRESS } });
  firefox = await launchFirefox();
}, STORY);
afterEach(async () => {
  const left = guests.splice(0);
  for (const guest of left) await guest.closes();
  await meeting.clear();
  assert.deepEqual(left.flatMap((guest) => guest.troubles), []);
});
after(async () => {
  await firefox.close();
  await meeting.close();
});

test('Bob comes with Firefox to Alice in Chromium: they see and hear each other by their names', STORY, async () => {
  const { alice, bob } = await bobComes();
  await Promise.all([alice.seesColours(bob), bob.sees(alice), alice.hears(1), bob.hears(1)]);
  await alice.id('call-share').click();
  await bob.sees(alice, 'screen');
  await alice.id('call-share').click();
  await bob.seesNot(alice, 'screen');
});

test('Bob starts a meeting in Firefox and Alice comes by his link with Chromium', STORY, async () => {
  const bob = await arrives('Bob');
  const link = await bob.startsMeeting();
  await bob.joins();
  const alice = await meeting.arrives('Alice');
  await alice.comesTo(link);
  await Promise.all([alice.seesColours(bob), bob.sees(alice), alice.hears(1), bob.hears(1)]);
});

test('each is shown that the other is muted, and hears again after', STORY, async () => {
  const { alice, bob } = await bobComes();
  await bob.click('call-mic');
  await until('Alice is shown that Bob is muted', async () => (await alice.tile(bob).getAttribute('data-muted')) === 'true');
  await alice.id('call-mic').click();
  await until('Bob is shown that Alice is muted', async () => (await bob.attribute(tileOf(alice), 'data-muted')) === 'true');
  await bob.click('call-mic');
  await alice.id('call-mic').click();
  await Promise.all([alice.hears(1), bob.hears(1)]);
});

test('Bob reloads Firefox and is back in the call; then he leaves, and Alice sees him go', STORY, async () => {
  const { alice, bob } = await bobComes();
  await alice.seesColours(bob);
  await bob.page.reload();
  await Promise.all([bob.sees(alice), alice.seesColours(bob), alice.hears(1), bob.hears(1)]);
  assert.equal(await alice.tile(bob).count(), 1, 'there is one Bob');
  await bob.leaves();
  await alice.seesNot(bob);
});

test('Bob reads in Firefox what Alice says', { ...STORY, skip: captionsMissing() }, async () => {
  const alice = await meeting.arrivesSpeaking('Alice', padded('jfk', 1, 5));
  const link = await alice.startsMeeting();
  await alice.sets('prejoin-mic', false);
  await alice.joins();
  const bob = await arrives('Bob');
  await bob.comesMuted(link);
  await bob.page.waitForSelector(tileOf(alice));
  await alice.id('call-mic').click();
  await until('Bob reads it under her name', async () => {
    const lines = `${id('caption-line')}[data-name="Alice"] ${id('caption-text')}`;
    const said = await bob.page.$$eval(lines, (all) => all.map((line) => line.textContent ?? ''));
    const text = wordsOf(said.join(' ')).join(' ');
    return /what your country can do/.test(text) || Promise.reject(new Error(text));
  }, SPOKEN_TIMEOUT_MS);
});

async function arrives(name: string): Promise<FirefoxPerson> {
  const person = await FirefoxPerson.arrives(firefox, meeting.server, name);
  guests.push(person);
  return person;
}

async function bobComes(): Promise<{ alice: Awaited<ReturnType<Meeting['arrives']>>; bob: FirefoxPerson }> {
  const alice = await meeting.arrives('Alice');
  const link = await alice.startsMeeting();
  await alice.joins();
  const bob = await arrives('Bob');
  await bob.comesTo(link);
  return { alice, bob };
}
