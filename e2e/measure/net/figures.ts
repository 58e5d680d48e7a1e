/** What a recording of a call comes to: pure functions of what was noted. */
import type { Counters } from './line.ts';
import type { Sample } from './sampler.ts';
import type { Row } from './rows.ts';

/** What was noted while a row was played on one server; times are milliseconds of the system's clock. */
export interface Recording {
  joinedAt: number;
  startedAt: number;
  receiver: Sample[];
  sender: Sample[];
  /** The receiver's line. */
  wire: ({ at: number } & Counters)[];
  events: { at: number; name: string }[];
}

export interface Figures {
  concealedPercent: number;
  /** The part of it that was silence. */
  silentPercent: number;
  frozenPercent: number;
  fps: number;
  /** Lines of the picture, each with its share of the time in percent. */
  heights: [number, number][];
  switchesPerMinute: number;
  keyframes: number;
  downKbps: number;
  downPackets: number;
  upKbps: number;
  upPackets: number;
  firstPictureSeconds: number | null;
  /** Of five seconds: those after the line got worse, or after the first sound of who has just joined. */
  concealedAtFirstPercent: number | null;
  soundGapSeconds: number | null;
  pictureGapSeconds: number | null;
  downSeconds: number | null;
  soundBackSeconds: number | null;
  pictureBackSeconds: number | null;
  bestAgainSeconds: number | null;
}

/** How often a receiver takes a sample. */
export const RECEIVER_SAMPLE_MS = 100;
const AT_FIRST_SECONDS = 5;
/** The best picture counts as back when it stays for this long. */
const STAYS_SECONDS = 3;
/** Time without a frame that is a freeze where the browser has not counted it. */
const FREEZE_SECONDS = 1;

export function figuresOf(row: Row, recording: Recording): Figures {
  const track = new Track(recording.receiver, recording.startedAt);
  const [from, to] = [row.from, row.seconds];
  const wire = wireOf(recording, from, to);
  const heights = track.heights(from, to);
  const best = Math.max(0, ...recording.receiver.map((sample) => sample.height));
  const first = recording.receiver.find((sample) => (sample.counts.frames ?? 0) > 0);
  const { worse, better } = row;
  // A line that only stumbles, as where its port changes, has no end to count from.
  const hard = row.isJoin ? track.firstSound() : worse;
  const isBad = worse !== undefined && better !== undefined && better > worse;
  return {
    concealedPercent: 100 * track.share('concealed', 'sound', from, to),
    silentPercent: 100 * track.share('silent', 'sound', from, to),
    frozenPercent: (100 * track.frozen(from, to)) / (to - from),
    fps: track.rise('frames', from, to) / (to - from),
    heights,
    switchesPerMinute: (60 * track.switches(from, to)) / (to - from),
    keyframes: track.rise('keyframes', from, to),
    ...wire,
    firstPictureSeconds: first ? (first.at - recording.joinedAt) / 1000 : null,
    concealedAtFirstPercent: hard === undefined ? null : 100 * track.share('concealed', 'sound', hard, hard + AT_FIRST_SECONDS),
    soundGapSeconds: worse === undefined ? null : track.gap(soundFlows, worse, to),
    pictureGapSeconds: worse === undefined ? null : track.gap(pictureFlows, worse, to),
    downSeconds: isBad ? track.down(worse, better) : null,
    soundBackSeconds: isBad ? track.back(soundFlows, better) : null,
    pictureBackSeconds: isBad ? track.back(pictureFlows, better) : null,
    bestAgainSeconds: isBad ? track.bestAgain(best, better, to) : null,
  };
}

type Flows = (before: Sample, after: Sample) => boolean;

const risen = (name: string, before: Sample, after: Sample): number => (after.counts[name] ?? 0) - (before.counts[name] ?? 0);

/** Between two samples most of the sound was received. */
const soundFlows: Flows = (before, after) => {
  const sound = risen('sound', before, after);
  return sound > 0 && risen('concealed', before, after) < sound / 2;
};

const pictureFlows: Flows = (before, after) => risen('frames', before, after) > 0;

/** The samples of a receiver, asked by seconds since the start of the row. */
class Track {
  constructor(
    private readonly samples: Sample[],
    private readonly startedAt: number,
  ) {}

  rise(name: string, from: number, to: number): number {
    const [before, after] = [this.last(from), this.last(to)];
    return before && after ? risen(name, before, after) : 0;
  }

  firstSound(): number | undefined {
    const first = this.samples.find((sample) => (sample.counts.soundPackets ?? 0) > 0);
    return first && this.seconds(first);
  }

  share(part: string, whole: string, from: number, to: number): number {
    const all = this.rise(whole, from, to);
    // Where no sound was played at all, none of it was received.
    return all > 0 ? this.rise(part, from, to) / all : 1;
  }

  /** Seconds of freezes as the browser counts them; what it forgets, as it does one that a reconnection ended or that
   *  has not ended, is seen by its frames. */
  frozen(from: number, to: number): number {
    const seen = this.gaps(pictureFlows, from, to).filter((seconds) => seconds >= FREEZE_SECONDS);
    return Math.max(this.rise('frozenSeconds', from, to), seen.reduce((sum, seconds) => sum + seconds, 0));
  }

  heights(from: number, to: number): [number, number][] {
    const shares = new Map<number, number>();
    const within = this.between(from, to);
    for (const { height } of within) shares.set(height, (shares.get(height) ?? 0) + 1);
    return [...shares].map(([height, count]): [number, number] => [height, (100 * count) / within.length]).sort((a, b) => b[1] - a[1]);
  }

  switches(from: number, to: number): number {
    const heights = this.between(from, to)
      .map((sample) => sample.height)
      .filter((height) => height > 0);
    return heights.filter((height, n) => n > 0 && height !== heights[n - 1]).length;
  }

  /** The longest time in which it did not flow. */
  gap(flows: Flows, from: number, to: number): number {
    return Math.max(...this.gaps(flows, from, to));
  }

  /** Until it flows; null if it does not. */
  back(flows: Flows, from: number): number | null {
    const after = this.samples.filter((sample) => this.seconds(sample) >= from);
    const at = after.find((sample, n) => n > 0 && flows(after[n - 1] as Sample, sample));
    return at ? this.seconds(at) - from : null;
  }

  /** Until the picture has fewer lines; null if it keeps them. */
  down(from: number, to: number): number | null {
    const start = this.last(from)?.height ?? 0;
    const fallen = this.between(from, to).find((sample) => sample.height < start);
    return fallen ? this.seconds(fallen) - from : null;
  }

  /** Until there is a picture and it has that many lines for a while; null if it does not. */
  bestAgain(height: number, from: number, to: number): number | null {
    const back = this.back(pictureFlows, from);
    if (back === null) return null;
    const holds = (sample: Sample): boolean =>
      this.between(this.seconds(sample), this.seconds(sample) + STAYS_SECONDS).every((later) => later.height === height);
    const at = this.between(from + back, to - STAYS_SECONDS).find(holds);
    return at ? this.seconds(at) - from : null;
  }

  /** Times between two moments at which it flowed: at least that between two samples. */
  private gaps(flows: Flows, from: number, to: number): number[] {
    const within = this.between(from, to);
    const flowing = within.filter((sample, n) => n > 0 && flows(within[n - 1] as Sample, sample)).map((sample) => this.seconds(sample));
    const moments = [from, ...flowing, to];
    return moments.slice(1).map((moment, n) => moment - (moments[n] as number));
  }

  private seconds(sample: Sample): number {
    return (sample.at - this.startedAt) / 1000;
  }

  private between(from: number, to: number): Sample[] {
    return this.samples.filter((sample) => this.seconds(sample) >= from && this.seconds(sample) <= to);
  }

  private last(seconds: number): Sample | undefined {
    return this.samples.findLast((sample) => this.seconds(sample) <= seconds) ?? this.samples[0];
  }
}

function wireOf({ wire, startedAt }: Recording, from: number, to: number): Pick<Figures, 'downKbps' | 'downPackets' | 'upKbps' | 'upPackets'> {
  const within = wire.filter(({ at }) => at >= startedAt + from * 1000 && at <= startedAt + to * 1000);
  const [first, last] = [within[0], within.at(-1)];
  if (!first || !last || first === last) return { downKbps: 0, downPackets: 0, upKbps: 0, upPackets: 0 };
  const seconds = (last.at - first.at) / 1000;
  return {
    downKbps: ((last.down.delivered_bytes - first.down.delivered_bytes) * 8) / 1000 / seconds,
    downPackets: (last.down.delivered_packets - first.down.delivered_packets) / seconds,
    upKbps: ((last.up.offered_bytes - first.up.offered_bytes) * 8) / 1000 / seconds,
    upPackets: (last.up.offered_packets - first.up.offered_packets) / seconds,
  };
}

const CAMERA_FPS = 15;
/** Opus sends 50 packets a second, fewer in pauses. */
const SOUND_PACKETS = 25;
/** Of the samples that a receiver should have taken. */
const SAMPLES_SHARE = 0.7;

/** Of the packets on the receiver's line. */
const LATE_SHARE = 0.02;

/** Why the figures would say nothing of the server: the publisher did not deliver, or the receiver was not there to see it. */
export function tooBusy(row: Row, { sender, receiver, wire, startedAt }: Recording): string | null {
  const within = (samples: Sample[]): Sample[] => samples.filter(({ at }) => at >= startedAt && at <= startedAt + row.seconds * 1000);
  const taken = within(receiver).length / (row.seconds * (1000 / RECEIVER_SAMPLE_MS));
  if (taken < SAMPLES_SHARE) return `the receiver took ${Math.round(100 * taken)} % of its samples`;
  const [opened, ended] = [wire[0], wire.at(-1)];
  const delivered = opened && ended ? ended.down.delivered_packets - opened.down.delivered_packets : 0;
  const late = opened && ended && delivered > 0 ? (ended.down.late - opened.down.late) / delivered : 0;
  if (late > LATE_SHARE) return `the line was late with ${Math.round(100 * late)} % of its packets`;
  const sent = within(sender);
  const [first, last] = [sent[0], sent.at(-1)];
  if (!first || !last || last.at - first.at < row.seconds * 500) return 'the publisher noted nothing';
  const seconds = (last.at - first.at) / 1000;
  const spoken = risen('soundSent', first, last) / seconds;
  if (spoken < SOUND_PACKETS) return `the microphone sent ${spoken.toFixed(1)} packets a second`;
  if (row.camera === 'none') return null;
  const captured = risen('captured', first, last) / seconds;
  if (captured < CAMERA_FPS / 2) return `the camera gave ${captured.toFixed(1)} frames a second`;
  // On its own bad line the publisher may send fewer frames.
  if (row.during.some(({ who }) => who === 'sender')) return null;
  const most = (prefix: string): number => Math.max(0, ...Object.keys(last.counts).filter((name) => name.startsWith(prefix)).map((name) => risen(name, first, last)));
  const encoded = most('encoded ') / seconds;
  if (encoded < CAMERA_FPS / 2) return `the publisher coded ${encoded.toFixed(1)} frames a second`;
  const short = most('short of CPU ') / seconds;
  return short > 0.2 ? `the publisher was short of CPU for ${Math.round(100 * short)} % of the time` : null;
}
