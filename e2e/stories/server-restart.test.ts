/** The server dies in the middle of a meeting and is started again: people need not do anything. */
import { after, afterEach, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { Meeting } from '../harness/meeting.ts';
import { serverIsExternal } from '../harness/server.ts';
import { pause, until } from '../harness/waiting.ts';

// Long enough that the clients have noticed and said so.
const DEAD_MS = 3_000;
const BACK_TIMEOUT_MS = 40_000;

let meeting: Meeting;
before(async () => {
  meeting = await Meeting.open();
});
afterEach(() => meeting.clear());
after(() => meeting.close());

const skip = serverIsExternal() ? 'a server that somebody else started is not killed' : false;

test('killed and started again: both are back by themselves, in the same meeting', { skip }, async () => {
  const { alice, bob } = await meeting.two(meeting.arrivesApart('Bob'));
  await Promise.all([alice.sees(bob), bob.sees(alice)]);
  await meeting.server.crash();
  await Promise.all([alice, bob].map((one) => one.id('reconnecting').waitFor({ state: 'attached', timeout: 30_000 })));
  await pause(DEAD_MS);
  await meeting.server.restart();
  await Promise.all([alice.sees(bob, 'person', BACK_TIMEOUT_MS), bob.sees(alice, 'person', BACK_TIMEOUT_MS)]);
  await Promise.all([alice.hears(1), bob.hears(1)]);
  await until('nothing says any more that the line is broken', async () => (await alice.id('reconnecting').count()) === 0);
  assert.equal(await alice.tile(bob).count(), 1, 'there is one Bob');
});

test('stopped in good order: the clients are told, and come back to the next server', { skip }, async () => {
  const { alice, bob } = await meeting.two(meeting.arrivesApart('Bob'));
  await Promise.all([alice.sees(bob), bob.sees(alice)]);
  await meeting.server.shutDown();
  await meeting.server.restart();
  await Promise.all([alice.sees(bob, 'person', BACK_TIMEOUT_MS), bob.sees(alice, 'person', BACK_TIMEOUT_MS)]);
});
