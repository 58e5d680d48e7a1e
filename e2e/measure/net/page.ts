/** Runs in the browser: livekit-client as published. */
import * as livekit from 'livekit-client';

export type Camera = 'vp8' | 'vp9' | 'none';

const CAMERA = { width: 960, height: 540, fps: 15 };
/** Lower layers of simulcast: a half and a quarter of the lines. */
const LOWER_LAYERS = [
  { height: 135, bps: 90_000 },
  { height: 270, bps: 300_000 },
];
const BEST_BPS = 1_000_000;

async function join(url: string, token: string): Promise<void> {
  const room = new livekit.Room();
  Object.assign(globalThis, { room });
  for (const name of ['reconnecting', 'signalReconnecting', 'reconnected', 'disconnected'] as const) {
    room.on(name, () => sampler.events.push({ at: Date.now(), name }));
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

const client = { join, publish };

export type PageClient = typeof client;
Object.assign(globalThis, { client });

declare global {
  // Lives in the page; closures that are sent there may name it.
  var client: PageClient;
}
