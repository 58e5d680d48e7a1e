/** Sound and picture of every codec, from one browser to another. */
import { assert, until } from '../../harness/waiting.ts';
import { BOTH, group, type Row, row } from '../row.ts';
import type { Peer, Stage, VideoOptions } from '../stage.ts';

export interface Pair {
  stage: Stage;
  alice: Peer;
  bob: Peer;
}

export async function pair(stage: Stage): Promise<Pair> {
  return { stage, alice: await stage.join('Alice'), bob: await stage.join('Bob') };
}

export const media = group('media', BOTH, pair, [
  row('both are connected and see each other', async ({ alice, bob, stage }) => {
    for (const [one, other] of [[alice, bob], [bob, alice]] as const) {
      await until(`${one.identity} sees ${other.identity}`, () =>
        one.page.evaluate((who) => room.state === 'connected' && room.remoteParticipants.get(who)?.name === who, other.identity),
      );
    }
    const path = stage.generation === 'v1' ? '/rtc/v1' : '/rtc';
    assert(alice.signalPaths.every((used) => used === path), `over ${path} alone (${alice.signalPaths.join()})`);
    return alice.signalPaths.join();
  }),
  row('audio is heard', async ({ alice, bob }) => {
    await alice.publishTone();
    const heard = await bob.receives(alice, 'microphone');
    return `energy ${heard.energy.toFixed(2)}`;
  }),
  row('audio is sent with redundancy (RED) and heard', async ({ alice, bob }) => {
    // Chrome's statistics name the codec inside; what is sent is the first that was negotiated.
    const codec = await alice.page.evaluate(() => {
      const track = room.localParticipant.getTrackPublication('microphone' as never)?.track;
      return track?.sender?.getParameters().codecs[0]?.mimeType;
    });
    assert(codec === 'audio/red', `the browser was allowed RED (sends ${codec})`);
    const octets = await receivesRedundancy(bob, alice);
    return `sent as ${codec}, ${octets.toFixed(0)} octets a packet received`;
  }),
  ...(['vp8', 'vp9', 'h264', 'av1'] as const).map(videoRow),
  row('audio goes the other way as well', async ({ alice, bob }) => {
    await bob.publishTone();
    const heard = await alice.receives(bob, 'microphone');
    return `energy ${heard.energy.toFixed(2)}`;
  }),
  row('VP8 simulcast of two layers arrives', async ({ alice, bob }) => {
    await bob.publishVideo({ width: 640, height: 360, simulcast: true, lowerHeights: [180] });
    const seen = await alice.receives(bob, 'camera');
    const layers = await bob.sent('camera');
    assert(layers.length === 2, `two layers are sent (${layers.map((layer) => layer.rid).join()})`);
    return `${seen.width}x${seen.height}`;
  }),
]);

/** Of a frame of 20 ms at 48 kbit/s, which both SDKs send by default. With a copy of the one before it is twice as long. */
export const FRAME_OCTETS = 120;

/** Waits until packets of a voice are as long as with a copy of an earlier frame in each; answers how long. libwebrtc counts
 *  copies (`fecPacketsReceived`) only where it needs them. */
export function receivesRedundancy(listener: Peer, of: { identity: string }): Promise<number> {
  return until(`${listener.identity} receives the voice of ${of.identity} with redundancy`, async () => {
    const heard = await listener.receives(of, 'microphone');
    return heard.octetsPerPacket > FRAME_OCTETS * 1.5 ? heard.octetsPerPacket : null;
  });
}

function videoRow(codec: NonNullable<VideoOptions['codec']>): Row<Pair> {
  return row(`${codec.toUpperCase()} video is decoded in its size`, async ({ alice, bob }) => {
    await alice.publishVideo({ codec, width: 320, height: 180 });
    const seen = await bob.receives(alice, 'camera');
    assert(seen.codec === `video/${codec}`, `the codec that was asked for arrives (${seen.codec})`);
    await until('the full size arrives', async () => (await bob.remote(alice, 'camera'))?.width === 320);
    await unpublish(alice, bob);
    return `${seen.codec}, ${seen.frames} frames`;
  });
}

export async function unpublish(from: Peer, seenBy: Peer): Promise<void> {
  await from.page.evaluate(async () => {
    const track = room.localParticipant.getTrackPublication('camera' as never)?.track;
    if (track) await room.localParticipant.unpublishTrack(track);
  });
  await until(`the camera of ${from.identity} is gone`, async () => (await seenBy.remote(from, 'camera')) === null);
}
