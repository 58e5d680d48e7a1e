/** What a keyboard and a second tab do to one's own presence: nobody is heard, or seen twice, without knowing. */
import { after, afterEach, before, test } from 'node:test';
import { Meeting } from '../harness/meeting.ts';
import type { Person } from '../harness/person.ts';

let meeting: Meeting;
before(async () => {
  meeting = await Meeting.open();
});
afterEach(() => meeting.clear());
after(() => meeting.close());

/** Alice is in a call of her own, muted, and the focus is on nothing. */
async function muted(): Promise<Person> {
  const alice = await meeting.arrives('Alice');
  await alice.startsMeeting();
  await alice.joins();
  await alice.sets('call-mic', false);
  await alice.page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  return alice;
}

test('Alice holds Space to talk and lets go with Option or Shift down: she is muted', async () => {
  const alice = await muted();
  const keyboard = await alice.page.context().newCDPSession(alice.page);
  for (const key of ['\u00a0', '\u202f', 'Process', 'Unidentified']) {
    await alice.page.keyboard.down(' ');
    await alice.hasState('call-mic', true);
    await keyboard.send('Input.dispatchKeyEvent', { type: 'keyUp', code: 'Space', windowsVirtualKeyCode: 32, key, modifiers: 8 });
    await alice.hasState('call-mic', false);
    await alice.page.keyboard.up(' ');
  }
});

test('a context menu that takes the keys away mutes her too', async () => {
  const alice = await muted();
  await alice.page.keyboard.down(' ');
  await alice.hasState('call-mic', true);
  await alice.id('call-stage').click({ button: 'right' });
  await alice.hasState('call-mic', false);
});

test('in a second tab Alice is asked, and moves the call there', async () => {
  const alice = await meeting.arrives('Alice');
  const link = await alice.startsMeeting();
  await alice.joins();
  const bob = await meeting.arrives('Bob');
  await bob.comesTo(link);
  await bob.sees(alice);
  const second = await alice.opensAnotherTab(link);
  await second.id('prejoin-name').fill('Alice');
  await second.id('prejoin-join').click();
  await second.id('other-tab-stay').click();
  await bob.sees(alice);
  await second.id('prejoin-join').click();
  await second.id('other-tab-move').click();
  await second.id('call-stage').waitFor();
  await alice.id('error-elsewhere').waitFor();
  await bob.countsTiles({ name: 'Alice' }, 1);
});
