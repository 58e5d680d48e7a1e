/** People meet: they see and hear each other, mute, share, come, go and come back. */
import { after, afterEach, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { Meeting } from '../harness/meeting.ts';
import { until } from '../harness/waiting.ts';

let meeting: Meeting;
before(async () => {
  meeting = await Meeting.open();
});
afterEach(() => meeting.clear());
after(() => meeting.close());

test('Alice starts a meeting, Bob comes by her link, they see and hear each other', async () => {
  const { alice, bob } = await meeting.two();
  await Promise.all([alice.sees(bob), bob.sees(alice), alice.hears(1), bob.hears(1)]);
});

test('Bob types the code by hand, in capitals and with spaces', async () => {
  const alice = await meeting.arrives('Alice');
  const link = await alice.startsMeeting();
  await alice.joins();
  const bob = await meeting.arrives('Bob');
  await bob.page.goto(meeting.server.url);
  const code = new URL(link).pathname.replace('/r/', '');
  await bob.id('home-join-input').fill(` ${code.toUpperCase().replaceAll('-', ' ')} `);
  await bob.id('home-join').click();
  await bob.joins();
  await bob.sees(alice);
});

test('Eve calls herself Alice in other letters: everybody is shown who had the name first, until Alice leaves', async () => {
  const alice = await meeting.arrives('Alice');
  const link = await alice.startsMeeting();
  await alice.joins();
  const eve = await meeting.arrivesApart('Аlice');
  await eve.comesTo(link);
  for (const person of [alice, eve]) {
    await person.tile(eve).getByTestId('lookalike').waitFor();
    assert.equal(await person.tile(alice).getByTestId('lookalike').count(), 0);
    await person.id('call-people').click();
    const marked = person.id('person').filter({ has: person.id('lookalike') });
    assert.deepEqual(await marked.evaluateAll((rows) => rows.map((row) => (row as HTMLElement).dataset.name)), [eve.name]);
  }
  await alice.leaves();
  await until('nobody else has the name', async () => (await eve.id('lookalike').count()) === 0);
});

test('Bob mutes himself: Alice is shown it, and hears him again after', async () => {
  const { alice, bob } = await meeting.two();
  await alice.hears(1);
  await bob.id('call-mic').click();
  await until('Alice is shown that Bob is muted', async () => (await alice.tile(bob).getAttribute('data-muted')) === 'true');
  await bob.hasState('call-mic', false);
  await bob.id('call-mic').click();
  await until('and that he no longer is', async () => (await alice.tile(bob).getAttribute('data-muted')) === 'false');
  await alice.hears(1);
});

test('Bob switches his camera off and on again', async () => {
  const { alice, bob } = await meeting.two();
  await alice.sees(bob);
  await bob.id('call-camera').click();
  await until('his tile has no picture', async () => (await alice.tile(bob).locator('video').count()) === 0);
  await bob.id('call-camera').click();
  await alice.sees(bob);
});

test('Alice shares a screen: Bob sees it beside her, until she stops', async () => {
  const { alice, bob } = await meeting.two();
  await alice.id('call-share').click();
  await bob.sees(alice, 'screen');
  await bob.sees(alice);
  await alice.id('call-share').click();
  await until('the screen is gone', async () => (await bob.tile(alice, 'screen').count()) === 0);
});

test('Carol is the third, leaves and comes back; everybody sees and hears everybody', async () => {
  const { alice, bob, link } = await meeting.two();
  const carol = await meeting.arrives('Carol');
  await carol.comesTo(link);
  const all = [alice, bob, carol];
  const together = (): Promise<void[]> =>
    Promise.all(all.flatMap((one) => [one.hears(2), ...all.filter((other) => other !== one).map((other) => one.sees(other))]));
  await together();
  await carol.leaves();
  await Promise.all([alice.seesNot(carol), bob.seesNot(carol)]);
  await carol.id('goodbye-rejoin').click();
  await together();
});

test('Bob reloads his page and is back in the call without being asked', async () => {
  const { alice, bob } = await meeting.two();
  await alice.sees(bob);
  await bob.page.reload();
  await bob.sees(alice);
  await alice.sees(bob);
  assert.equal(await alice.tile(bob).count(), 1, 'there is one Bob');
});

test('The people panel names everybody', async () => {
  const { alice, bob } = await meeting.two();
  await alice.sees(bob);
  await alice.id('call-people').click();
  await until('both are listed', async () => {
    const text = (await alice.id('person').allTextContents()).join(' ');
    return text.includes('Alice') && text.includes('Bob');
  });
});

test('A link opens the same door whatever a mail program or a sentence left on it', async () => {
  const alice = await meeting.arrives('Alice');
  const link = await alice.startsMeeting();
  const bob = await meeting.arrives('Bob');
  const hyphens = link.replace(/-(?=[^/]*$)/, '%E2%80%91');
  const capitals = `${meeting.server.url}${new URL(link).pathname.toUpperCase()}`;
  for (const pasted of [`${link}.`, `${link}).`, `${link},%20thanks`, `${link}%E2%80%8B`, hyphens, capitals]) {
    await bob.opens(pasted);
    assert.equal(bob.page.url(), link, pasted);
  }
});

test('A room that does not exist is said to be unknown', async () => {
  const eve = await meeting.arrives('Eve');
  for (const code of ['00000-00000-00000-00000-00000', 'not a code']) {
    await eve.page.goto(`${meeting.server.url}/r/${code}`);
    await eve.id('error-not-found').waitFor({ timeout: 10_000 });
  }
});
