/** Runs in the browser before anything else: keeps the peer connections of the page, and notes every moment what they
 *  send and receive. */

/** Counters only rise, also over a reconnection with new connections. */
export interface Sample {
  /** Milliseconds of the system's clock. */
  at: number;
  counts: Record<string, number>;
  /** Lines of the picture that is received; 0 before the first. */
  height: number;
}

const samples: Sample[] = [];
const events: { at: number; name: string }[] = [];
const counts: Record<string, number> = {};
const lastValues = new Map<string, number>();
/** What our page says of its connection. */
let shown = 'nothing';
const connections: RTCPeerConnection[] = [];

class Kept extends RTCPeerConnection {
  constructor(configuration?: RTCConfiguration) {
    super(configuration);
    connections.push(this);
  }
}
Object.assign(globalThis, { RTCPeerConnection: Kept });

/** Takes a sample as often as that, until the page ends. */
function watch(everyMs: number): void {
  let taking = false;
  setInterval(() => {
    if (taking) return;
    taking = true;
    void sample().finally(() => (taking = false));
  }, everyMs);
}

async function sample(): Promise<void> {
  let seen: { height: number; last: number } | null = null;
  for (const [number, connection] of connections.entries()) {
    if (connection.connectionState === 'closed') continue;
    const report = await connection.getStats().catch(() => undefined);
    for (const stat of report?.values() ?? []) {
      note(`${number} ${stat.id}`, stat);
      if (stat.type !== 'inbound-rtp' || stat.kind !== 'video' || !stat.framesDecoded) continue;
      const last = stat.lastPacketReceivedTimestamp ?? 0;
      if (!seen || last >= seen.last) seen = { height: stat.frameHeight ?? 0, last };
    }
  }
  const stage = document.querySelector<HTMLElement>('[data-testid="reconnecting"]')?.dataset.stage ?? 'nothing';
  if (stage !== shown) events.push({ at: Date.now(), name: `shows ${stage}` });
  shown = stage;
  samples.push({ at: Date.now(), counts: { ...counts }, height: seen?.height ?? samples.at(-1)?.height ?? 0 });
}

/** Which counters of which statistics are kept, and under which name. */
const COUNTED: Record<string, Record<string, string>> = {
  'inbound-rtp audio': {
    totalSamplesReceived: 'sound',
    concealedSamples: 'concealed',
    silentConcealedSamples: 'silent',
    packetsReceived: 'soundPackets',
    bytesReceived: 'soundBytes',
  },
  'inbound-rtp video': {
    framesDecoded: 'frames',
    keyFramesDecoded: 'keyframes',
    totalFreezesDuration: 'frozenSeconds',
    packetsReceived: 'picturePackets',
    nackCount: 'nacks',
    pliCount: 'plis',
  },
  'media-source video': { frames: 'captured' },
  'outbound-rtp audio': { packetsSent: 'soundSent' },
};

function note(id: string, stat: Record<string, unknown>): void {
  const counted = COUNTED[`${stat.type} ${stat.kind}`] ?? {};
  for (const [field, name] of Object.entries(counted)) add(id, name, stat[field]);
  if (stat.type !== 'outbound-rtp' || stat.kind !== 'video') return;
  const layer = String(stat.rid ?? '');
  add(id, `encoded ${layer}`, stat.framesEncoded);
  add(id, `short of CPU ${layer}`, (stat.qualityLimitationDurations as Record<string, number> | undefined)?.cpu);
}

function add(id: string, name: string, value: unknown): void {
  if (typeof value !== 'number') return;
  const key = `${id} ${name}`;
  counts[name] = (counts[name] ?? 0) + Math.max(0, value - (lastValues.get(key) ?? 0));
  lastValues.set(key, value);
}

const sampler = { watch, samples, events, counts };

export type Sampler = typeof sampler;
Object.assign(globalThis, { sampler });

declare global {
  // Lives in the page; closures that are sent there may name it.
  var sampler: Sampler;
}
