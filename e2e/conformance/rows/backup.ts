/** VP9 with a VP8 backup: who cannot receive the first codec of a track sees the second, which is sent while somebody needs it. */
import { assert, pause, until } from '../../harness/waiting.ts';
import { BOTH, group, row } from '../row.ts';
import type { Peer, Stage } from '../stage.ts';
import { unpublish } from './media.ts';

// The publisher is told, adds a sender and negotiates before the first packet of the backup.
const CODEC_TIMEOUT_MS = 30_000;

interface Trio {
  alice: Peer;
  bob: Peer;
  /** His browser does not know VP9. */
  dave: Peer;
}

async function set(stage: Stage): Promise<Trio> {
  const [alice, bob] = [await stage.join('Alice'), await stage.join('Bob')];
  const dave = await stage.page('Dave');
  await dave.page.evaluate(withoutVp9);
  await dave.join();
  return { alice, bob, dave };
}

export const backup = group('backup codecs', BOTH, set, [
  row('who cannot receive the codec of a track is told', async ({ alice, bob, dave }) => {
    await alice.publishVideo({ codec: 'vp9' });
    await bob.receives(alice, 'camera');
    await until('Dave is told', async () => (await dave.eventCount('trackSubscriptionFailed')) > 0);
    assert((await dave.remote(alice, 'camera'))?.frames === 0, 'Dave sees nothing');
    assert((await bob.eventCount('trackSubscriptionFailed')) === 0, 'Bob is told nothing');
    await unpublish(alice, bob);
    return 'once negotiated';
  }),
  row('the backup is decoded beside the first codec', async ({ alice, bob, dave }) => {
    await alice.publishVideo({ codec: 'vp9', backup: 'simulcast' });
    await receivesIn(dave, alice, 'vp8');
    await receivesIn(bob, alice, 'vp9');
    const sid = (await bob.remote(alice, 'camera'))?.sid;
    assert((await dave.remote(alice, 'camera'))?.sid === sid, 'it is one track');
    return 'VP8 beside VP9';
  }),
  row('both are muted and unmuted', async ({ alice, bob, dave }) => {
    await mute(alice, true);
    for (const one of [bob, dave]) await until(`${one.identity} knows`, async () => (await one.remote(alice, 'camera'))?.muted);
    await mute(alice, false);
    await receivesIn(dave, alice, 'vp8');
    await receivesIn(bob, alice, 'vp9');
    return '';
  }),
  row('nobody needs the backup, and it is not encoded', async ({ alice, bob, dave }) => {
    assert((await encoded(alice)) === 'vp8,vp9', 'before, both were');
    await subscribe(dave, alice, false);
    await until('VP9 alone is encoded', async () => (await encoded(alice)) === 'vp9', CODEC_TIMEOUT_MS);
    await subscribe(dave, alice, true);
    await receivesIn(dave, alice, 'vp8');
    await unpublish(alice, bob);
    return 'and again when it is needed';
  }),
  row('by default all get the backup while somebody needs it', async ({ alice, bob, dave }) => {
    await alice.publishVideo({ codec: 'vp9', backup: 'preferRegression' });
    await receivesIn(dave, alice, 'vp8');
    await receivesIn(bob, alice, 'vp8');
    await until('VP8 alone is encoded', async () => (await encoded(alice)) === 'vp8', CODEC_TIMEOUT_MS);
    await dave.leave();
    await receivesIn(bob, alice, 'vp9');
    await until('VP9 alone is encoded', async () => (await encoded(alice)) === 'vp9', CODEC_TIMEOUT_MS);
    return 'VP8, and VP9 when Dave has left';
  }),
]);

/** Frames of that codec are decoded, and go on being decoded. */
async function receivesIn(by: Peer, of: Peer, codec: string): Promise<void> {
  await until(`${by.identity} receives ${codec}`, async () => {
    const seen = await by.remote(of, 'camera');
    return seen?.codec === `video/${codec}` || Promise.reject(new Error(`${seen?.codec}, ${seen?.frames} frames`));
  }, CODEC_TIMEOUT_MS);
  await by.receives(of, 'camera');
}

/** The codecs whose senders encode at the moment. */
async function encoded(of: Peer): Promise<string> {
  const frames = (): Promise<Record<string, number>> =>
    of.page.evaluate(async () => {
      const track = room.localParticipant.getTrackPublication('camera' as never)?.videoTrack;
      const senders = [track?.sender, ...[...(track?.simulcastCodecs.values() ?? [])].map((one) => one.sender)];
      const sums: Record<string, number> = {};
      for (const sender of senders) {
        const all = [...((await sender?.getStats())?.values() ?? [])];
        for (const stat of all.filter((stat) => stat.type === 'outbound-rtp')) {
          const codec = all.find((other) => other.id === stat.codecId)?.mimeType.split('/')[1].toLowerCase() ?? '';
          sums[codec] = (sums[codec] ?? 0) + (stat.framesEncoded ?? 0);
        }
      }
      return sums;
    });
  const before = await frames();
  await pause(1_000);
  const after = await frames();
  return Object.keys(after).filter((codec) => (after[codec] ?? 0) > (before[codec] ?? 0)).sort().join();
}

const mute = (by: Peer, muted: boolean): Promise<void> =>
  by.page.evaluate(async (muted) => {
    const track = room.localParticipant.getTrackPublication('camera' as never)?.videoTrack;
    await (muted ? track?.mute() : track?.unmute());
  }, muted);

const subscribe = (by: Peer, to: Peer, wanted: boolean): Promise<void> =>
  by.page.evaluate(([who, wanted]) => peer.publicationOf(who, 'camera')?.setSubscribed(wanted), [to.identity, wanted] as const);

/** Runs in a page before it joins: VP9 and its resends are in none of its descriptions. */
function withoutVp9(): void {
  const strip = (sdp: string): string => {
    const vp9 = [...sdp.matchAll(/^a=rtpmap:(\d+) VP9\//gm)].map((match) => match[1]);
    const resends = [...sdp.matchAll(/^a=fmtp:(\d+) apt=(\d+)/gm)].filter((match) => vp9.includes(match[2])).map((match) => match[1]);
    const gone = new Set([...vp9, ...resends]);
    const kept = sdp.split('\r\n').filter((line) => !gone.has(/^a=(?:rtpmap|fmtp|rtcp-fb):(\d+) /.exec(line)?.[1]));
    const listed = (line: string): string => line.split(' ').filter((field, index) => index < 3 || !gone.has(field)).join(' ');
    return kept.map((line) => (line.startsWith('m=video') ? listed(line) : line)).join('\r\n');
  };
  for (const name of ['createOffer', 'createAnswer'] as const) {
    const original = RTCPeerConnection.prototype[name] as (...args: unknown[]) => Promise<RTCSessionDescriptionInit>;
    const stripped = async function (this: RTCPeerConnection, ...args: unknown[]): Promise<RTCSessionDescriptionInit> {
      const description = await original.apply(this, args);
      return { ...description, type: description.type, sdp: strip(description.sdp ?? '') };
    };
    Object.assign(RTCPeerConnection.prototype, { [name]: stripped });
  }
}
