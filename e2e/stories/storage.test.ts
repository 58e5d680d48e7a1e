/** A browser that keeps or allows little still makes calls: it only remembers nothing, and the page says what is missing. */
import { after, afterEach, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { Meeting } from '../harness/meeting.ts';
import type { Person } from '../harness/person.ts';

/** Chromium's number for "block" in its settings of content. */
const BLOCK = 2;

let meeting: Meeting;
before(async () => {
  meeting = await Meeting.open();
});
afterEach(() => meeting.clear());
after(() => meeting.close());

test('with all site data blocked in the settings of the browser', async () => {
  const settings = { profile: { default_content_setting_values: { cookies: BLOCK } } };
  const alice = await meeting.arrivesWithSettings('Alice', settings);
  const link = await alice.startsMeeting();
  assert.equal(await storageError(alice), 'SecurityError');
  await alice.joins();
  const bob = await meeting.arrives('Bob');
  await bob.comesTo(link);
  await alice.sees(bob);
  await bob.sees(alice);
  await alice.leaves();
  await alice.id('goodbye-rejoin').click();
  await alice.id('call-stage').waitFor();
  await alice.opens(link);
  assert.equal(await alice.id('prejoin-name').inputValue(), '', 'the next visit does not know her');
});

test('with storage that is full', async () => {
  const alice = await meeting.arrives('Alice');
  await alice.page.addInitScript(() => {
    Storage.prototype.setItem = () => {
      throw new DOMException('full', 'QuotaExceededError');
    };
  });
  await callsAndReturns(alice);
});

const BLOCKED_PARTS: Record<string, () => void> = {
  'only the storage of the tab blocked': () => {
    const get = (): never => {
      throw new DOMException('blocked', 'SecurityError');
    };
    Object.defineProperty(globalThis, 'sessionStorage', { get });
  },
  'no storage at all, as inside other programs': () => {
    for (const name of ['localStorage', 'sessionStorage', 'indexedDB']) Object.defineProperty(globalThis, name, { value: null });
  },
  'no locks and no channels between tabs': () => {
    Object.defineProperty(navigator, 'locks', { value: undefined });
    Object.defineProperty(globalThis, 'BroadcastChannel', { value: undefined });
  },
  'wake lock, notifications and list of devices refused': () => {
    const refuse = () => Promise.reject(new DOMException('', 'NotAllowedError'));
    Object.defineProperty(navigator, 'wakeLock', { value: { request: refuse } });
    Object.defineProperty(globalThis, 'Notification', { value: undefined });
    Object.defineProperty(navigator.mediaDevices, 'enumerateDevices', { value: refuse });
  },
};

for (const [what, block] of Object.entries(BLOCKED_PARTS)) {
  test(`with ${what}`, async () => {
    const alice = await meeting.arrives('Alice');
    await alice.page.addInitScript(block);
    await callsAndReturns(alice);
  });
}

test('without any devices: she joins to watch and listen', async () => {
  const alice = await meeting.arrives('Alice');
  const link = await alice.startsMeeting();
  await alice.joins();
  const bob = await meeting.arrives('Bob');
  await bob.page.addInitScript(() => Object.defineProperty(navigator, 'mediaDevices', { value: undefined }));
  await bob.opens(link);
  await bob.page.getByText('No camera or microphone on this page').waitFor();
  await bob.joins();
  await bob.sees(alice);
});

test('with the clipboard refused: the link is there to be selected', async () => {
  const alice = await meeting.arrives('Alice');
  await alice.page.addInitScript(() => {
    Object.defineProperty(navigator, 'clipboard', { value: undefined });
    document.execCommand = () => false;
  });
  const link = await alice.startsMeeting();
  await alice.joins();
  await alice.id('call-invite').first().click();
  await alice.page.getByText(link).first().waitFor();
});

/** Into a call, out of it and in again: each step reads or writes what is remembered. */
async function callsAndReturns(person: Person): Promise<void> {
  await person.startsMeeting();
  await person.joins();
  await person.sees(person);
  await person.leaves();
  await person.id('goodbye-rejoin').click();
  await person.id('call-stage').waitFor();
}

const storageError = (person: Person): Promise<string> =>
  person.page.evaluate(() => {
    try {
      return String(localStorage.length);
    } catch (cause) {
      return (cause as DOMException).name;
    }
  });
