/** From the end of a spoken word to the caption that first holds it, through two browsers.
 *
 *  Alice's microphone plays a recording (Chromium's file device). Where the recording begins on the wall
 *  clock is taken from her own track: the first sound louder than a threshold, which is looked up in the
 *  file with the same threshold. Ends of words come from faster-whisper's word times (`word_times.py`,
 *  same weights as the server's). On Bob's page every change of every caption line is kept with its time;
 *  the words of all lines as they stood then are aligned with the spoken words (longest common
 *  subsequence), and a word's caption is the first state in which it is aligned. Words that are never
 *  shown are counted, not timed. Captions show words before they are certain, so the words that were shown
 *  and then changed or taken back are counted too, beside all that were shown.
 */
import { readFileSync, writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Shown, shownTo, textOf, watchCaptions } from '../harness/captions.ts';
import { summary } from '../harness/statistics.ts';
import { Meeting } from '../harness/meeting.ts';
import type { Person } from '../harness/person.ts';
import { padded, wordsOf } from '../harness/speech.ts';
import { pause, until } from '../harness/waiting.ts';
import { aligned } from './align.ts';
import { wordTimes } from './word-times.ts';

const RECORDINGS = (process.env.RECORDINGS ?? 'jfk,dots,german').split(',');
const LEAD_SECONDS = 2;
const TAIL_SECONDS = 8;
const LOUD = 0.02;
const HEADER_BYTES = 44;
const RATE_HZ = 16_000;
const OUT = join(import.meta.dirname, '..', 'out');

async function main(): Promise<void> {
  const meeting = await Meeting.open({ captions: true });
  const all: number[] = [];
  try {
    for (const name of RECORDINGS) all.push(...(await measure(meeting, name)));
  } finally {
    await meeting.close();
  }
  console.log(`all: end of word to caption: ${summary(all, 'ms')}`);
}

async function measure(meeting: Meeting, name: string): Promise<number[]> {
  const file = padded(name, LEAD_SECONDS, TAIL_SECONDS);
  const words = wordTimes(file);
  const alice = await meeting.arrivesSpeaking('Alice', file);
  const bob = await meeting.arrives('Bob', { camera: false });
  const link = await alice.startsMeeting();
  await alice.sets('prejoin-mic', false);
  await alice.joins();
  await bob.opens(link);
  await bob.sets('prejoin-mic', false);
  await bob.joins();
  await watchCaptions(bob);
  await listenToOwnMicrophone(alice);
  await alice.id('call-mic').click();
  const loudAt = await until('the recording begins', () => alice.page.evaluate(() => (globalThis as unknown as { loudAt: number }).loudAt), 30_000);
  const start = loudAt - firstLoudMs(file);
  const end = start + (words.at(-1)?.endMs ?? 0) + TAIL_SECONDS * 1000;
  await pause(Math.max(0, end - Date.now()));
  const shown = (await shownTo(bob)).filter((one) => one.name === 'Alice');
  await meeting.clear();
  const delays = delaysOf(words, shown, start);
  mkdirSync(OUT, { recursive: true });
  writeFileSync(join(OUT, `captions-${name}.json`), JSON.stringify({ start, words, shown, delays }, null, 1));
  const missed = words.length - delays.length;
  const { written, rewritten } = rewritings(shown);
  console.log(`${name}: ${words.length} words, ${missed} never shown; ${delays.length > 0 ? summary(delays, 'ms') : ''}`);
  console.log(`  ${rewritten} of ${written} words shown were changed later; final text: ${textOf(shown, 'Alice', true)}`);
  return delays;
}

function delaysOf(words: { word: string; endMs: number }[], shown: Shown[], start: number): number[] {
  const spoken = words.map(({ word }) => word);
  const first = new Map<number, number>();
  const lines = new Map<string, string>();
  for (const { at, segment, text } of shown) {
    lines.set(segment, text);
    const read = wordsOf([...lines.values()].join(' '));
    for (const index of aligned(spoken, read)) if (!first.has(index)) first.set(index, at);
  }
  return [...first].map(([index, at]) => at - (start + (words[index]?.endMs ?? 0)));
}

/** How many words were put on the screen, and how many of them gave way to others or to none. */
function rewritings(shown: Shown[]): { written: number; rewritten: number } {
  const lines = new Map<string, string[]>();
  let [written, rewritten] = [0, 0];
  for (const { segment, text } of shown) {
    const [before, now] = [lines.get(segment) ?? [], wordsOf(text)];
    const differs = before.findIndex((word, place) => word !== now[place]);
    const same = differs < 0 ? before.length : differs;
    written += now.length - same;
    rewritten += before.length - same;
    lines.set(segment, now);
  }
  return { written, rewritten };
}

/** Every microphone that the page opens from now on is listened to for its first loud moment. */
const listenToOwnMicrophone = (person: Person): Promise<void> =>
  person.page.evaluate((loud) => {
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (constraints) => {
      const stream = await open(constraints);
      if (stream.getAudioTracks().length === 0) return stream;
      const context = new AudioContext();
      const analyser = new AnalyserNode(context, { fftSize: 1024 });
      context.createMediaStreamSource(stream.clone()).connect(analyser);
      const samples = new Float32Array(analyser.fftSize);
      const timer = setInterval(() => {
        analyser.getFloatTimeDomainData(samples);
        if (!samples.some((sample) => Math.abs(sample) > loud)) return;
        clearInterval(timer);
        Object.assign(globalThis, { loudAt: Date.now() });
      }, 10);
      return stream;
    };
  }, LOUD);

function firstLoudMs(file: string): number {
  const sound = readFileSync(file).subarray(HEADER_BYTES);
  for (let at = 0; at + 1 < sound.length; at += 2) {
    if (Math.abs(sound.readInt16LE(at)) / 32_768 > LOUD) return (at / 2 / RATE_HZ) * 1000;
  }
  throw new Error(`${file} is silent`);
}

await main();
