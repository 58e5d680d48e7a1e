/** A network that lets no UDP through. */
import { assert } from '../../harness/waiting.ts';
import { BOTH, group, row } from '../row.ts';
import type { Stage } from '../stage.ts';
import type { Pair } from './media.ts';

const set = async (stage: Stage): Promise<Pair> => ({
  stage,
  alice: await stage.joinWithoutUdp('Alice'),
  bob: await stage.join('Bob'),
});

export const tcp = group('ICE over TCP', BOTH, set, [
  row('audio and video, both ways', async ({ alice, bob }) => {
    for (const peer of [alice, bob]) {
      await peer.publishTone();
      await peer.publishVideo();
    }
    for (const [by, of] of [[alice, bob], [bob, alice]] as const) {
      await by.receives(of, 'camera');
      await by.receives(of, 'microphone');
    }
    return '';
  }),
  row('the candidate pairs in use are TCP', async ({ alice, bob }) => {
    const used = await alice.page.evaluate(() => peer.transports());
    assert(used.length > 0 && used.every((protocol) => protocol === 'tcp'), `Alice uses ${used.join() || 'none'}`);
    const others = await bob.page.evaluate(() => peer.transports());
    assert(others.every((protocol) => protocol === 'udp'), `Bob, who may, uses ${others.join()}`);
    return `Alice ${used.join()}, Bob ${others.join()}`;
  }),
]);
