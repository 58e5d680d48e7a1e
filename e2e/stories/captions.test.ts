/** What people say is shown under their names, and is on the page afterwards. */
import { after, afterEach, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { shownTo, textOf, watchCaptions } from '../harness/captions.ts';
import { Meeting } from '../harness/meeting.ts';
import type { Person } from '../harness/person.ts';
import { serverIsExternal } from '../harness/server.ts';
import { captionsMissing, padded, wordsOf } from '../harness/speech.ts';
import { until } from '../harness/waiting.ts';

// A recording of eleven seconds, a busy machine, and the last pass over the last line.
const SPOKEN_TIMEOUT_MS = 60_000;

const skip = captionsMissing();

let meeting: Meeting;
before(async () => {
  meeting = await Meeting.open({ captions: !skip });
});
afterEach(() => meeting.clear());
after(() => meeting.close());

test('Alice speaks: Bob reads it with her name, and it is on the page after the call', { skip }, async () => {
  const alice = await meeting.arrivesSpeaking('Alice', padded('jfk', 1, 5));
  const bob = await meeting.arrives('Bob', { camera: false });
  await meetMuted(alice, bob);
  await watchCaptions(bob);
  await bob.startsTranscript();
  await alice.id('call-transcript-badge').waitFor();
  await alice.id('call-mic').click();
  await reads(bob, 'Alice', /not what your country/);
  await until('a line is shown as final', async () => (await shownTo(bob)).some((line) => line.final && line.name === 'Alice'), SPOKEN_TIMEOUT_MS);
  const transcript = await bob.leaves();
  assert.ok(transcript, 'there is a transcript');
  await bob.page.goto(new URL(transcript, meeting.server.url).href);
  await bob.id('error-transcript-not-yet').waitFor();
  await alice.leaves();
  await bob.page.goto(new URL(transcript, meeting.server.url).href);
  await until('the page says it', async () => /not what your country/.test(wordsOf((await bob.id('transcript-text').allTextContents()).join(' ')).join(' ')), SPOKEN_TIMEOUT_MS);
  assert.match((await bob.id('transcript-speaker').allTextContents()).join(' '), /Alice/);
});

test('nothing is kept where nobody starts a transcript', { skip }, async () => {
  const alice = await meeting.arrivesSpeaking('Alice', padded('jfk', 1, 5));
  const bob = await meeting.arrives('Bob', { camera: false });
  await meetMuted(alice, bob);
  await watchCaptions(bob);
  await alice.id('call-mic').click();
  await until('a line is shown as final', async () => (await shownTo(bob)).some((line) => line.final && line.name === 'Alice'), SPOKEN_TIMEOUT_MS);
  assert.equal(await bob.id('call-transcript-badge').count(), 0);
  await bob.startsTranscript();
  const transcript = await bob.leaves();
  await alice.leaves();
  await bob.page.goto(new URL(transcript ?? '', meeting.server.url).href);
  await bob.page.getByRole('heading', { level: 1 }).waitFor();
  const kept = wordsOf((await bob.id('transcript-text').allTextContents()).join(' ')).join(' ');
  assert.doesNotMatch(kept, /fellow americans/, 'what was said before the start is not kept');
});

test('captions can be switched off and on by each reader', { skip: captionsMissing() }, async () => {
  const bob = await meeting.arrives('Bob', { camera: false });
  await bob.startsMeeting();
  await bob.joins();
  await bob.id('captions').waitFor();
  await bob.id('call-captions').click();
  await until('the strip is gone', async () => (await bob.id('captions').count()) === 0);
  await bob.id('call-captions').click();
  await bob.id('captions').waitFor();
});

test('two speak at once, English and German: each line stands under its own name', { skip }, async () => {
  const alice = await meeting.arrivesSpeaking('Alice', padded('jfk', 1, 5));
  const bob = await meeting.arrivesSpeaking('Bob', padded('german', 1, 5));
  const carol = await meeting.arrives('Carol', { camera: false });
  const link = await meetMuted(alice, bob);
  await carol.comesTo(link);
  await watchCaptions(carol);
  await Promise.all([alice.id('call-mic').click(), bob.id('call-mic').click()]);
  await Promise.all([reads(carol, 'Alice', /country/i), reads(carol, 'Bob', /strand|sonne|meer|wellen|ball/i)]);
  await until('both have a final line', async () => {
    const finals = (await shownTo(carol)).filter((line) => line.final).map((line) => line.name);
    return finals.includes('Alice') && finals.includes('Bob');
  }, SPOKEN_TIMEOUT_MS);
  const shown = await shownTo(carol);
  assert.doesNotMatch(textOf(shown, 'Alice'), /strand|sonne|wellen/i, 'Alice said nothing German');
  assert.doesNotMatch(textOf(shown, 'Bob'), /country|americans/i, 'Bob said nothing English');
});

test('the server is killed and started again: the transcript goes on', { skip: skip || (serverIsExternal() && 'not our server') }, async () => {
  const alice = await meeting.arrivesSpeaking('Alice', padded('jfk', 1, 5));
  const bob = await meeting.arrives('Bob', { camera: false });
  await meetMuted(alice, bob);
  await watchCaptions(bob);
  await bob.startsTranscript();
  await alice.id('call-mic').click();
  await until('a first final line', async () => (await shownTo(bob)).some((line) => line.final), SPOKEN_TIMEOUT_MS);
  const before = textOf(await shownTo(bob), 'Alice', true);
  await meeting.server.crash();
  await meeting.server.restart();
  await bob.hears(0);
  await until('the microphone of Alice is back', async () => (await bob.tile(alice).getAttribute('data-muted')) === 'false', SPOKEN_TIMEOUT_MS);
  // A muted and opened microphone plays the recording from its beginning.
  await alice.id('call-mic').click();
  await alice.id('call-mic').click();
  await until('a final line after the crash', async () => (await shownTo(bob)).filter((line) => line.final).length > before.split('. ').length, SPOKEN_TIMEOUT_MS);
  assert.equal(await bob.id('call-transcript-badge').count(), 1, 'it is still kept');
  const transcript = await bob.leaves();
  await alice.leaves();
  await bob.page.goto(new URL(transcript ?? '', meeting.server.url).href);
  await bob.id('transcript-text').first().waitFor();
  const kept = (await bob.id('transcript-text').allTextContents()).join(' ');
  assert.ok(kept.includes(before), 'what was said before the crash is kept');
});

/** Both are in the call, with their microphones shut. */
async function meetMuted(alice: Person, bob: Person): Promise<string> {
  const link = await alice.startsMeeting();
  await alice.sets('prejoin-mic', false);
  await alice.joins();
  await bob.opens(link);
  await bob.sets('prejoin-mic', false);
  await bob.joins();
  return link;
}

const reads = (person: Person, name: string, words: RegExp): Promise<unknown> =>
  until(`${person.name} reads ${words} under ${name}`, async () => {
    // Where a recogniser puts commas and capitals is its own affair.
    const text = wordsOf(textOf(await shownTo(person), name)).join(' ');
    return words.test(text) || Promise.reject(new Error(text));
  }, SPOKEN_TIMEOUT_MS);
