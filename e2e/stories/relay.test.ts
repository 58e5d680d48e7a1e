/** People whose network lets no media through: they come in by the web port, and by the relay (TURN) over whatever there is. */
import { after, afterEach, before, test } from 'node:test';
import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../harness/browser.ts';
import { TestCertificate } from '../harness/certificate.ts';
import { GuestNetwork, SERVER_ADDRESS } from '../harness/guest-network.ts';
import { Meeting } from '../harness/meeting.ts';
import { Person } from '../harness/person.ts';

const STORY = { timeout: 90_000 };
const WEB_PORT = 443;
/** From the press of the button to the first sound, which beeps once a second. */
const IN_SECONDS_MAX = 5;

let network: GuestNetwork;
let meeting: Meeting;
let guestBrowser: Browser;
const certificate = new TestCertificate(SERVER_ADDRESS);
let guests: Person[] = [];
before(async () => {
  network = await GuestNetwork.open();
  meeting = await Meeting.open({ env: { ...certificate.env, VISIO_TLS__LISTEN: `0.0.0.0:${WEB_PORT}` } });
  guestBrowser = await launchBrowser({ executable: network.executable, flags: [certificate.flag] });
}, STORY);
afterEach(async () => {
  const left = guests.splice(0);
  for (const guest of left) await guest.closes();
  await meeting.clear();
  assert.deepEqual(left.flatMap((guest) => guest.troubles), []);
});
after(async () => {
  await guestBrowser.close();
  await meeting.close();
  network.close();
  certificate.remove();
});

for (const over of ['udp', 'tcp'] as const) {
  test(`Bob, whose browser takes nothing but relays, is relayed over ${over}`, STORY, async () => {
    const bob = meeting.arrives('Bob', { relay: over });
    const two = await meeting.two(bob);
    await hearAndSee(two.alice, two.bob);
    assert.deepEqual(await two.bob.ways(), [`relay ${over}`]);
    assert.deepEqual(await two.alice.ways(), ['host udp'], 'who has a better way takes that');
  });
}

test('Bob, whose network lets out to the web port alone, is in and hears Alice within five seconds', STORY, async () => {
  network.letOutOnly(WEB_PORT);
  const alice = await meeting.arrives('Alice');
  const link = await alice.startsMeeting();
  await alice.joins();
  const url = `https://${SERVER_ADDRESS}`;
  const bob = await Person.arrives(guestBrowser, { ...meeting.server, url }, 'Bob');
  guests.push(bob);
  await bob.opens(`${url}${new URL(link).pathname}`);
  const began = Date.now();
  await bob.joins();
  await bob.hears(1);
  const seconds = (Date.now() - began) / 1000;
  console.log(`only the web port: in, and hearing, after ${seconds.toFixed(1)} s`);
  assert.ok(seconds <= IN_SECONDS_MAX, `it took ${seconds} s`);
  await hearAndSee(alice, bob);
  assert.deepEqual(await bob.ways(), ['relay tls']);
});

async function hearAndSee(alice: Person, bob: Person): Promise<void> {
  await Promise.all([alice.sees(bob), bob.sees(alice), alice.hears(1), bob.hears(1)]);
}
