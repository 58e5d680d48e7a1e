/** Bob's line over time, second by second: when he is only in a quiet meeting, and when his address has changed. */
import { describe, expect, it } from 'vitest';
import { countAfterMs, isCutOff, listening, type SilenceAction, type SilenceEvent, step } from './silence';

const START = 1_000_000;

interface Line {
  /** Whether anything comes by itself at that moment; milliseconds from the start. */
  comes: (at: number) => boolean;
  /** How long an answer takes on the old connection; null where none comes. */
  answerMs?: (at: number) => number | null;
  /** The same on a new connection. */
  knockMs?: (at: number) => number | null;
  /** Timers of this moment are late by that. */
  lateMs?: (at: number) => number;
  events?: [at: number, event: SilenceEvent][];
}

/** Plays the line in steps of 20 ms and notes what is done when. */
function play(seconds: number, line: Line) {
  const { comes, answerMs = () => null, knockMs = () => null, lateMs = () => 0 } = line;
  const done: [SilenceAction, number][] = [];
  const cutOff: number[] = [];
  let state = listening(START);
  let total = 0;
  const pending = [...(line.events ?? [])];
  const due: { at: number; arrives?: boolean; knockedAt?: number }[] = [];
  const send = (event: SilenceEvent, at: number) => {
    const next = step(state, event, START + at);
    state = next.state;
    for (const action of next.actions) act(action, at);
  };
  const act = (action: SilenceAction, at: number) => {
    done.push([action, at]);
    if (action === 'ask') {
      send({ kind: 'asked' }, at);
      const takes = answerMs(at);
      if (takes !== null) due.push({ at: at + takes, arrives: true });
    }
    const takes = action === 'knock' ? knockMs(at) : null;
    if (takes !== null) due.push({ at: at + takes, knockedAt: START + at });
  };
  let countsAt = 0;
  for (let at = 0; at <= seconds * 1000; at += 20) {
    if (comes(at)) total += 100;
    for (const one of due.splice(0)) {
      if (one.at > at) due.push(one);
      else if (one.arrives) total += 50;
      else if (one.knockedAt) send({ kind: 'knock-answered', knockedAt: one.knockedAt }, at);
    }
    while (pending[0] && pending[0][0] <= at) send((pending.shift() as [number, SilenceEvent])[1], at);
    if (at < countsAt) continue;
    send({ kind: 'counted', total }, at);
    if (isCutOff(state, START + at)) cutOff.push(at);
    countsAt = at + countAfterMs(state) + lateMs(at);
  }
  const times = (what: SilenceAction) => done.filter(([action]) => action === what).map(([, at]) => at);
  return { asks: times('ask'), knocks: times('knock'), resumes: times('resume'), cutOff };
}

const every = (ms: number) => (at: number) => at % ms === 0;
const speech = every(20);
/** All are muted: nothing comes but what answers Chromium's checks of the connection. */
const checks = every(2_500);
const always = (ms: number) => () => ms;
const until = (end: number, comes: (at: number) => boolean) => (at: number) => at < end && comes(at);
/** The same dice in every run. */
function dice(percent: number, seed = 1) {
  let last = seed;
  return () => {
    last = (last * 48_271) % 2_147_483_647;
    return last % 100 < percent;
  };
}

describe('a change of address', () => {
  it.each([
    ['on a good line', 40, 1_700],
    ['far from the server', 300, 2_300],
    ['on a satellite line, with three round trips for a new connection', 2_400, 6_500],
  ])('%s: the client resumes once', (_, knock, within) => {
    const { resumes, cutOff } = play(12, {
      comes: until(5_010, speech),
      knockMs: always(knock),
    });
    expect(resumes.length).toBeGreaterThanOrEqual(1);
    expect((resumes[0] ?? 0) - 5_010).toBeLessThanOrEqual(within);
    expect(cutOff.length).toBeGreaterThan(0);
  });

  it('is noticed at once where the system announces it', () => {
    const { resumes } = play(8, {
      comes: until(5_010, speech),
      knockMs: always(40),
      events: [[5_020, { kind: 'network-changed' }]],
    });
    expect((resumes[0] ?? 0) - 5_010).toBeLessThanOrEqual(1_100);
  });

  it('is noticed in a meeting of the muted as well', () => {
    const { resumes } = play(20, { comes: until(10_010, checks), knockMs: always(40) });
    expect(resumes.length).toBeGreaterThanOrEqual(1);
    expect((resumes[0] ?? 0) - 10_010).toBeLessThanOrEqual(6_000);
  });

  it('is noticed by a tab in the background, whose timers come once a second', () => {
    const { resumes } = play(20, {
      comes: until(5_010, speech),
      knockMs: always(40),
      lateMs: always(900),
    });
    expect((resumes[0] ?? 0) - 5_010).toBeLessThanOrEqual(12_000);
  });

  it('while the computer slept is noticed when it wakes', () => {
    const slept = (at: number) => (at >= 5_000 && at < 6_000 ? 60_000 : 0);
    const { resumes } = play(75, { comes: until(5_010, speech), knockMs: always(40), lateMs: slept });
    const woke = 5_200 + 60_400;
    expect((resumes[0] ?? 0) - woke).toBeLessThanOrEqual(1_200);
  });

  it('is met by one attempt at a time: what was resumed gets five seconds', () => {
    const { resumes } = play(16, { comes: until(5_010, speech), knockMs: always(40) });
    expect(resumes.map((at, n) => at - (resumes[n - 1] ?? 0)).slice(1)).toSatisfy((gaps: number[]) =>
      gaps.every((gap) => gap >= 5_000),
    );
  });
});

describe('an outage of the same address', () => {
  it.each([
    ['5 s', 5_000],
    ['30 s', 30_000],
  ])('of %s is waited for, and said', (_, length) => {
    const [from, to] = [5_000, 5_000 + length];
    const isUp = (at: number) => at < from || at >= to;
    const { resumes, knocks, cutOff } = play(to / 1_000 + 20, {
      comes: (at) => isUp(at) && speech(at),
      answerMs: (at) => (isUp(at) ? 40 : null),
      // A request that began in the outage is answered as soon as it is over.
      knockMs: (at) => (isUp(at) ? 100 : to - at + 100),
    });
    expect(resumes).toEqual([]);
    expect(knocks.length).toBeLessThanOrEqual(length / 1_000);
    const [first = 0, last = 0] = [cutOff[0], cutOff.at(-1)];
    expect([first - from <= 2_000, last > to - 200, last < to + 200]).toEqual([true, true, true]);
  });

  it('of 5 s in a meeting of the muted: the server is asked once more before anything is torn down', () => {
    const isUp = (at: number) => at < 5_000 || at >= 10_000;
    const { resumes } = play(30, {
      comes: (at) => isUp(at) && checks(at),
      answerMs: (at) => (isUp(at) ? 40 : null),
      knockMs: (at) => (isUp(at) ? 100 : 10_000 - at + 100),
    });
    expect(resumes).toEqual([]);
  });
});

describe('a bad line', () => {
  it.each([
    ['10 % loss', 10, 40],
    ['20 % loss, 400 ms each way', 20, 800],
  ])('with %s is no dead one, whoever speaks', (_, percent, roundTrip) => {
    for (const [seed, comes] of [speech, checks, every(400)].entries()) {
      const lost = dice(percent, seed + 7);
      const { resumes } = play(600, {
        // A check is lost on its way there or on its way back.
        comes: (at) => comes(at) && !lost() && !lost(),
        answerMs: () => (lost() || lost() ? null : roundTrip),
        // Over a connection that was kept from before.
        knockMs: () => roundTrip,
      });
      expect(resumes).toEqual([]);
    }
  });

  it('far away, where the first questions are lost, the answer to the next is waited for', () => {
    const { resumes } = play(20, {
      comes: (at) => at < 5_010 && speech(at),
      answerMs: (at) => (at < 6_600 ? null : 800),
      knockMs: always(800),
    });
    expect(resumes).toEqual([]);
  });

  it('in a pause of 500 ms nobody is asked', () => {
    const { asks } = play(30, { comes: (at) => speech(at) && at % 3_000 >= 500, answerMs: always(40) });
    expect(asks).toEqual([]);
  });
});

describe('a silent meeting', () => {
  it('asks when the only speaker mutes, is answered, and does nothing', () => {
    const { asks, knocks, resumes, cutOff } = play(60, {
      comes: (at) => (at < 5_000 ? speech(at) : checks(at)),
      answerMs: always(40),
      knockMs: always(40),
    });
    expect([asks.length > 0, knocks, resumes, cutOff]).toEqual([true, [], [], []]);
  });

  it('then hardly asks any more: the pauses between the checks are usual', () => {
    const { asks } = play(300, { comes: checks, answerMs: always(40) });
    expect(asks.filter((at) => at > 10_000)).toEqual([]);
  });

  it('where a browser counts no checks, it asks now and then, and no more', () => {
    const { asks, resumes } = play(300, { comes: () => false, answerMs: always(40), knockMs: always(40) });
    expect(resumes).toEqual([]);
    expect(asks.length).toBeLessThan(300 / 5);
  });
});

describe('what is not known', () => {
  it('where nothing can be asked, nothing is concluded', () => {
    let state = listening(START);
    for (let at = 0; at < 60_000; at += 100) {
      const { state: next, actions } = step(state, { kind: 'counted', total: 0 }, START + at);
      expect(actions).not.toContain('resume');
      state = step(next, { kind: 'knock-answered', knockedAt: START + at - 20 }, START + at).state;
    }
    expect(isCutOff(state, START + 60_000)).toBe(false);
  });

  it('while the library repairs, as where the server restarts, it is left alone', () => {
    const { asks, resumes, cutOff } = play(30, {
      comes: until(5_000, speech),
      knockMs: always(40),
      events: [[5_000, { kind: 'repairing' }]],
    });
    expect([asks, resumes]).toEqual([[], []]);
    expect(cutOff.at(-1)).toBe(30_000);
  });

  it('a count that falls with a connection that is gone is no sign of life', () => {
    let state = step(listening(START), { kind: 'counted', total: 100 }, START).state;
    state = step(state, { kind: 'counted', total: 50 }, START + 300).state;
    expect(step(state, { kind: 'counted', total: 50 }, START + 600).actions).toEqual(['ask']);
  });

  it('a clock that is set back is followed', () => {
    let state = step(listening(START), { kind: 'counted', total: 1 }, START).state;
    state = step(state, { kind: 'counted', total: 1 }, START - 3_600_000).state;
    expect(step(state, { kind: 'counted', total: 1 }, START - 3_598_000).actions).toEqual(['ask']);
  });
});
