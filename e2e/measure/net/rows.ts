/** The lines on which a call is tried, and what must hold on them. */
import type { Figures } from './figures.ts';
import type { Camera } from './page.ts';

/** Seconds after the start of the row; `say` is heard by the emulator, the rest is done to the client's device. */
export type Change = { at: number; who: 'sender' | 'receiver' } & ({ say: string } | { move: 'address' | 'device' } | { deviceMtu: number });

export interface Gate {
  claim: string;
  /** What the bound is compared with; null where it was not reached at all. */
  measured: (figures: Figures) => number | null;
  unit: '%' | 's' | 'fps' | '/min';
  atMost?: number;
  atLeast?: number;
}

export interface Row {
  name: string;
  camera: Camera;
  /** Of the microphone, without the redundancy. */
  soundBps: number;
  /** Seconds that are watched. */
  seconds: number;
  /** Holds before the receiver joins; without it the line is good until the receiver has the best picture. */
  before: Change[];
  during: Change[];
  /** The first second is that of joining; else the row begins when the receiver has settled. */
  isJoin: boolean;
  /** The receiver is at the page that people use, not at livekit-client alone: on Visio only. */
  isOurPage: boolean;
  /** The second from which figures are taken. */
  from: number;
  /** The line gets worse, and well again: what gaps, falls and recoveries are counted from. */
  worse?: number;
  better?: number;
  gates: Gate[];
}

/** LiveKit's presets for speech and for music; the second is what its client takes where nothing is chosen. */
const SPEECH_BPS = 24_000;
const MUSIC_BPS = 48_000;

// Concealment while the playout delay adapts to a line that has just changed is no steady state.
const SETTLING = 2;

const row = (name: string, seconds: number, rest: Partial<Row>): Row => ({ name, camera: 'vp8', soundBps: SPEECH_BPS, seconds, before: [], during: [], isJoin: false, isOurPage: false, from: 0, gates: [], ...rest });

const both = (who: Change['who'], words: string, at = 0): Change => ({ at, who, say: `both ${words}` });

/** The same line from the first second to the last. */
const steady = (name: string, words: string, gates: Gate[] = [], seconds = 30): Row =>
  row(name, SETTLING + seconds, { during: [both('receiver', words)], from: SETTLING, gates });

/** The same line already when the receiver joins. */
const joining = (name: string, words: string, rest: Partial<Row>): Row => row(name, 32, { before: [both('receiver', words)], ...rest });

/** The receiver is at our page, which notices by itself that nothing comes. */
const ourPage = (name: string, seconds: number, rest: Partial<Row>): Row => row(`our page: ${name}`, seconds, { ...rest, isOurPage: true });

const concealed = (atMost: number): Gate => ({ claim: 'concealed', measured: (f) => f.concealedPercent, unit: '%', atMost });
const back = (atMost: number): Gate[] => [
  { claim: 'sound back', measured: (f) => f.soundBackSeconds, unit: 's', atMost },
  { claim: 'picture back', measured: (f) => f.pictureBackSeconds, unit: 's', atMost },
];
const gaps = (atMost: number): Gate[] => [
  { claim: 'sound gone', measured: (f) => f.soundGapSeconds, unit: 's', atMost },
  { claim: 'picture gone', measured: (f) => f.pictureGapSeconds, unit: 's', atMost },
];

export const rows: Row[] = [
  steady('none', 'delay=15'),
  steady('loss 1 %', 'loss=1'),
  steady('loss 5 %', 'loss=5'),
  steady('loss 10 %', 'loss=10', [concealed(1.5)]),
  steady('loss 20 %', 'loss=20'),
  steady('bursts of 8 packets, 4 % in all', 'burst_in=0.5 burst_out=12'),
  steady('delay 200 ms each way', 'delay=200'),
  steady('delay 400 ms each way', 'delay=400'),
  steady('jitter ±50 ms', 'delay=65 jitter=50', [{ claim: 'switches', measured: (f) => f.switchesPerMinute, unit: '/min', atMost: 1 }], 60),
  steady('reordering 5 %, 40 ms late', 'reorder=5 reorder_delay=40'),
  row('2000 → 300 → 2000 kbit/s', 85, {
    during: [both('receiver', 'rate=2000'), both('receiver', 'rate=300', 20), both('receiver', 'rate=2000', 55)],
    worse: 20,
    better: 55,
    gates: [
      { claim: 'concealed in the first 5 s', measured: (f) => f.concealedAtFirstPercent, unit: '%', atMost: 15 },
      { claim: 'down', measured: (f) => f.downSeconds, unit: 's', atMost: 3 },
    ],
  }),
  joining('joining on 300 kbit/s', 'rate=300', { isJoin: true }),
  row('sender: up 250 kbit/s', 37, { during: [{ at: 0, who: 'sender', say: 'up rate=250' }], from: SETTLING }),
  row('sender: loss 10 %', 32, { during: [both('sender', 'loss=10')], from: SETTLING }),
  joining('sound only, 64 kbit/s', 'rate=64', { camera: 'none', gates: [concealed(2)] }),
  joining('sound of 48 kbit/s only, 64 kbit/s', 'rate=64', { camera: 'none', soundBps: MUSIC_BPS }),
  joining('VP9 SVC, 500 kbit/s', 'rate=500', { camera: 'vp9', seconds: 40, gates: [{ claim: 'picture', measured: (f) => f.fps, unit: 'fps', atLeast: 10 }] }),
  row('outage 5 s', 30, { during: [both('receiver', 'outage=5', 5)], worse: 5, better: 10, gates: back(1) }),
  row('outage 30 s', 65, { during: [both('receiver', 'outage=30', 5)], worse: 5, better: 35 }),
  joining('MTU 1280', 'mtu=1280', { before: [both('receiver', 'mtu=1280'), { at: 0, who: 'receiver', deviceMtu: 1280 }] }),
  row('NAT rebinding', 30, { during: [{ at: 5, who: 'receiver', say: 'rebind' }], worse: 5, better: 5, gates: gaps(1) }),
  // It takes its connection for dead after 15 s, on any server.
  row('livekit-client alone: address changes', 40, { during: [{ at: 5, who: 'receiver', move: 'address' }], worse: 5, better: 5 }),
  ourPage('address changes', 30, { during: [{ at: 5, who: 'receiver', move: 'address' }], worse: 5, better: 5, gates: gaps(3) }),
  ourPage('device changes', 30, { during: [{ at: 5, who: 'receiver', move: 'device' }], worse: 5, better: 5, gates: gaps(3) }),
  ourPage('outage 5 s', 30, { during: [both('receiver', 'outage=5', 5)], worse: 5, better: 10, gates: back(1) }),
  ourPage('outage 30 s', 65, { during: [both('receiver', 'outage=30', 5)], worse: 5, better: 35 }),
];
