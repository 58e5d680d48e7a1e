/** The life of a track: muted, withdrawn, published again, no longer wanted, joined by a second one. */
import { assert, until } from '../../harness/waiting.ts';
import { BOTH, group, row } from '../row.ts';
import type { Peer, Stage } from '../stage.ts';
import { type Pair, unpublish } from './media.ts';

async function set(stage: Stage): Promise<Pair> {
  const pair = { stage, alice: await stage.join('Alice'), bob: await stage.join('Bob') };
  await pair.alice.publishTone();
  await pair.alice.publishVideo();
  await pair.bob.receives(pair.alice, 'camera');
  return pair;
}

export const tracks = group('tracks', BOTH, set, [
  row('mute and unmute are told', async ({ alice, bob }) => {
    for (const muted of [true, false]) {
      await mute(alice, muted);
      await until(`Bob knows that muted is ${muted}`, async () => (await bob.remote(alice, 'microphone'))?.muted === muted);
    }
    const heard = await bob.receives(alice, 'microphone');
    return `energy ${heard.energy.toFixed(2)} after`;
  }),
  row('who comes later knows who is muted', async ({ alice, stage }) => {
    await mute(alice, true);
    const carol = await stage.join('Carol');
    await until('Carol knows', async () => (await carol.remote(alice, 'microphone'))?.muted === true);
    await mute(alice, false);
    await carol.receives(alice, 'microphone');
    await carol.leave();
    return '';
  }),
  row('unpublish, then publish again', async ({ alice, bob }) => {
    const before = (await bob.remote(alice, 'camera'))?.sid;
    await unpublish(alice, bob);
    await alice.publishVideo();
    const seen = await bob.receives(alice, 'camera');
    assert(seen.sid !== before, 'it is a new track');
    return `${seen.frames} frames`;
  }),
  row('unsubscribe, then subscribe again', async ({ alice, bob }) => {
    await subscribe(bob, alice, false);
    await until('Bob has no track', async () => (await bob.remote(alice, 'camera'))?.subscribed === false);
    await bob.receives(alice, 'microphone');
    await subscribe(bob, alice, true);
    const seen = await bob.receives(alice, 'camera');
    return `${seen.frames} frames`;
  }),
  row('a second picture beside the camera', async ({ alice, bob }) => {
    await alice.publishVideo({ source: 'screen_share', width: 640, height: 360, fps: 5 });
    const seen = await bob.receives(alice, 'screen_share');
    assert(seen.width === 640, `in its size (${seen.width})`);
    await bob.receives(alice, 'camera');
    return `${seen.width}x${seen.height} beside the camera`;
  }),
  row('who subscribes by hand gets only what was asked for', async ({ alice, stage }) => {
    const dave = await stage.join('Dave', { connect: { autoSubscribe: false } });
    await until('Dave sees what is there', () => dave.remote(alice, 'camera'));
    await subscribe(dave, alice, true);
    await dave.receives(alice, 'camera');
    assert((await dave.remote(alice, 'microphone'))?.subscribed === false, 'the microphone was not asked for');
    await dave.leave();
    return '';
  }),
]);

const mute = (by: Peer, muted: boolean): Promise<void> =>
  by.page.evaluate(async (muted) => {
    const track = room.localParticipant.getTrackPublication('microphone' as never)?.track as { mute(): Promise<unknown>; unmute(): Promise<unknown> };
    await (muted ? track.mute() : track.unmute());
  }, muted);

const subscribe = (by: Peer, to: Peer, wanted: boolean): Promise<void> =>
  by.page.evaluate(([who, wanted]) => peer.publicationOf(who, 'camera')?.setSubscribed(wanted), [to.identity, wanted] as const);
