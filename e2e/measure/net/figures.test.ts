/** The figures of a call, from recordings made by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { figuresOf, type Recording, tooBusy } from './figures.ts';
import type { Counters, Way } from './line.ts';
import type { Sample } from './sampler.ts';
import { type Row, rows } from './rows.ts';

const START = 1_000_000;
const way: Way = { offered_packets: 0, offered_bytes: 0, delivered_packets: 0, delivered_bytes: 0, lost: 0, queue_full: 0, too_big: 0, outage: 0, late: 0 };

const base: Row = { name: 'x', camera: 'vp8', soundBps: 24_000, seconds: 30, before: [], during: [], isJoin: false, isOurPage: false, from: 0, gates: [] };

/** A call of that many seconds; `flows` says what arrives in each tenth of a second. */
function call(seconds: number, flows: (at: number) => { sound: boolean; picture: boolean; height?: number }): Recording {
  const counts = { sound: 0, concealed: 0, silent: 0, frames: 0, keyframes: 0, frozenSeconds: 0 };
  const receiver: Sample[] = [];
  for (let tenth = 0; tenth <= seconds * 10; tenth += 1) {
    const { sound, picture, height = 540 } = flows(tenth / 10);
    counts.sound += 4800;
    counts.concealed += sound ? 0 : 4800;
    counts.frames += picture ? 1.5 : 0;
    receiver.push({ at: START + tenth * 100, counts: { ...counts }, height });
  }
  const sender = [0, seconds].map((at) => ({ at: START + at * 1000, height: 0, counts: { captured: 15 * at, soundSent: 50 * at, 'encoded f': 15 * at, 'short of CPU f': 0 } }));
  const wire = [0, seconds].map((at) => ({ at: START + at * 1000, up: way, down: { ...way, delivered_bytes: 125 * at, delivered_packets: 2 * at } }) satisfies { at: number } & Counters);
  return { joinedAt: START - 1500, startedAt: START, receiver, sender, wire, events: [] };
}

const about = (value: number | null, expected: number, tolerance = 0.15): void => {
  assert.ok(value !== null && Math.abs(value - expected) <= tolerance, `${value} is not about ${expected}`);
};

test('a call without trouble has none', () => {
  const f = figuresOf(base, call(30, () => ({ sound: true, picture: true })));
  about(f.concealedPercent, 0);
  about(f.frozenPercent, 0);
  about(f.fps, 15);
  assert.deepEqual([f.heights, f.switchesPerMinute, f.soundGapSeconds, f.downSeconds], [[[540, 100]], 0, null, null]);
  about(f.firstPictureSeconds, 1.5);
  assert.deepEqual([f.downKbps, f.downPackets], [1, 2]);
});

test('an outage is gone for its length, and back when sound and frames flow', () => {
  const row = { ...base, worse: 5, better: 10 };
  const f = figuresOf(row, call(30, (at) => ({ sound: at < 5 || at > 10.4, picture: at < 5 || at > 12 })));
  about(f.soundGapSeconds, 5.5);
  about(f.pictureGapSeconds, 7.1);
  about(f.soundBackSeconds, 0.5);
  about(f.pictureBackSeconds, 2.1);
  about(f.bestAgainSeconds, 2.1);
  about(f.frozenPercent, (100 * 7.1) / 30, 1);
  about(f.concealedAtFirstPercent, 100, 2);
});

test('what does not come back is never back', () => {
  const f = figuresOf({ ...base, worse: 5, better: 10 }, call(30, (at) => ({ sound: at < 5, picture: at < 5 })));
  assert.deepEqual([f.soundBackSeconds, f.pictureBackSeconds, f.bestAgainSeconds], [null, null, null]);
  about(f.frozenPercent, (100 * 25) / 30, 1);
});

test('a line that falls and rises: down, best again, switches', () => {
  const row = { ...base, worse: 5, better: 15 };
  const f = figuresOf(row, call(30, (at) => ({ sound: true, picture: true, height: at >= 7 && at < 18 ? 135 : 540 })));
  about(f.downSeconds, 2);
  about(f.bestAgainSeconds, 3);
  about(f.switchesPerMinute, 4);
});

test('a publisher that does not deliver, or a receiver that does not look, is told', () => {
  const good = call(30, () => ({ sound: true, picture: true }));
  assert.equal(tooBusy(base, good), null);
  const slow = good.sender.map((sample) => ({ ...sample, counts: { ...sample.counts, 'encoded f': (sample.counts.captured ?? 0) / 3 } }));
  assert.match(tooBusy(base, { ...good, sender: slow }) ?? '', /coded 5.0 frames/);
  const late = good.wire.map((counted, n) => ({ ...counted, down: { ...counted.down, late: 30 * n } }));
  assert.match(tooBusy(base, { ...good, wire: late }) ?? '', /late with 50 %/);
  assert.match(tooBusy(base, { ...good, receiver: good.receiver.slice(0, 150) }) ?? '', /50 % of its samples/);
});

test('every gate has one bound, and rows with a word in common have names of their own', () => {
  for (const gate of rows.flatMap((row) => row.gates)) assert.equal([gate.atLeast, gate.atMost].filter((bound) => bound !== undefined).length, 1);
  assert.equal(new Set(rows.map((row) => row.name)).size, rows.length);
});
