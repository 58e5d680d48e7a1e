/** Runs in the browser: livekit-client as published, which notes every moment what it sends and receives. */
import * as livekit from 'livekit-client';

export type Camera = 'vp8' | 'vp9' | 'none';

/** Counters only rise, also over a reconnection with new connections. */
export interface Sample {
  /** Milliseconds of the system's clock. */
  at: number;
  counts: Record<string, number>;
  /** Lines of the picture that is received; 0 before the first. */
  height: number;
}

const CAMERA = { width: 960, height: 540, fps: 15 };
/** Lower layers of simulcast: a half and a quarter of the lines. */
const LOWER_LAYERS = [
  { height: 135, bps: 90_000 },
  { height: 270, bps: 300_000 },
];
const BEST_BPS = 1_000_000;

const samples: Sample[] = [];
const events: { at: number; name: string }[] = [];
const counts: Record<string, number> = {};
const lastValues = new Map<string, number>();
const transportIds = new Map<object, number>();

async function join(url: string, token: string): Promise<void> {
  const room = new livekit.Room();
  Object.assign(globalThis, { room });
  for (const name of ['reconnecting', 'signalReconnecting', 'reconnected', 'disconnected'] as const) {
    room.on(name, () => events.push({ at: Date.now(), name }));
  }
  room.on('trackSubscribed', (track) => document.body.append(track.attach()));
  room.on('trackUnsubscribed', (track) => track.detach().forEach((element) => element.remove()));
  await room.connect(url, token);
}

async function publish(camera: Camera, soundBps: number): Promise<void> {
  await room.localParticipant.setMicrophoneEnabled(true, {}, { audioPreset: { maxBitrate: soundBps } });
  if (camera === 'none') return;
  const lower = LOWER_LAYERS.map(({ height, bps }) => new livekit.VideoPreset((height * 16) / 9, height, bps, CAMERA.fps));
  await room.localParticipant.setCameraEnabled(
    true,
    { resolution: { ...CAMERA, frameRate: CAMERA.fps } },
    {
      videoCodec: camera,
      backupCodec: false,
      videoEncoding: { maxBitrate: BEST_BPS, maxFramerate: CAMERA.fps },
      ...(camera === 'vp8' ? { simulcast: true, videoSimulcastLayers: lower } : { scalabilityMode: 'L3T3_KEY' }),
    },
  );
}

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
  const manager = room.engine?.pcManager;
  for (const transport of [manager?.publisher, manager?.subscriber]) {
    if (!transport) continue;
    if (!transportIds.has(transport)) transportIds.set(transport, transportIds.size);
    const report = await transport.getStats()?.catch(() => undefined);
    for (const stat of report?.values() ?? []) {
      note(`${transportIds.get(transport)} ${stat.id}`, stat);
      if (stat.type !== 'inbound-rtp' || stat.kind !== 'video' || !stat.framesDecoded) continue;
      const last = stat.lastPacketReceivedTimestamp ?? 0;
      if (!seen || last >= seen.last) seen = { height: stat.frameHeight ?? 0, last };
    }
  }
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

const client = { join, publish, watch, samples, events, counts };

export type PageClient = typeof client;
Object.assign(globalThis, { client });

declare global {
  // Lives in the page; closures that are sent there may name it.
  var client: PageClient;
}
