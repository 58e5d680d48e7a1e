/** Which layer of a simulcast picture goes where, and which ones its sender may stop encoding. */
import { assert, until } from '../../harness/waiting.ts';
import { BOTH, group, row } from '../row.ts';
import type { Peer, Stage } from '../stage.ts';
import { pair, type Pair } from './media.ts';

// A sender's estimate of its line has to grow before it sends the largest layer.
const LAYER_TIMEOUT_MS = 30_000;

const threeLayers = { width: 960, height: 540, fps: 10, simulcast: true, lowerHeights: [180, 360] };

async function set(stage: Stage): Promise<Pair> {
  const alice = await stage.join('Alice', { room: { dynacast: true } });
  const bob = await stage.join('Bob');
  await alice.publishVideo(threeLayers);
  return { stage, alice, bob };
}

export const layers = group('layers', BOTH, set, [
  row('setVideoQuality chooses low, high and medium', async ({ alice, bob }) => {
    const widths: number[] = [];
    for (const [quality, width] of [[0, 320], [2, 960], [1, 640]] as const) {
      await choose(bob, alice, quality);
      await receivesWidth(bob, alice, width);
      widths.push(width);
    }
    await bob.receives(alice, 'camera');
    return `widths ${widths.join(', ')}`;
  }),
  row('setVideoDimensions chooses the layer that fits', async ({ alice, bob }) => {
    await bob.page.evaluate((who) => peer.publicationOf(who, 'camera')?.setVideoDimensions({ width: 300, height: 170 }), alice.identity);
    await receivesWidth(bob, alice, 320);
    return '300x170 gives 320';
  }),
  row('dynacast: layers that nobody wants are switched off, and on again', async ({ alice, bob }) => {
    await choose(bob, alice, 0);
    await until('only the lowest layer is encoded', async () => (await activeLayers(alice)) === 'q', LAYER_TIMEOUT_MS);
    await choose(bob, alice, 2);
    await until('all layers are encoded', async () => (await activeLayers(alice)) === 'f,h,q', LAYER_TIMEOUT_MS);
    await receivesWidth(bob, alice, 960);
    return 'q, then f,h,q';
  }),
  row('disabling stops the picture, enabling brings it back', async ({ alice, bob }) => {
    await setEnabled(bob, alice, false);
    await stands(bob, alice);
    await setEnabled(bob, alice, true);
    await bob.receives(alice, 'camera');
    return '';
  }),
  row('adaptive stream: the element decides the layer', async ({ alice, stage }) => {
    const carol = await stage.join('Carol', { room: { adaptiveStream: true } });
    await showIn(carol, 160, 90);
    await receivesWidth(carol, alice, 320);
    await showIn(carol, 960, 540);
    await receivesWidth(carol, alice, 960);
    await carol.leave();
    return '160 px gives 320, 960 px gives 960';
  }),
]);

export const layersApart = group('layers', ['v1'], pair, [
  row('two subscribers hold different layers of one track', async ({ alice, bob, stage }) => {
    await alice.publishVideo(threeLayers);
    const carol = await stage.join('Carol');
    await choose(bob, alice, 0);
    await choose(carol, alice, 2);
    await receivesWidth(bob, alice, 320);
    await receivesWidth(carol, alice, 960);
    assert((await bob.remote(alice, 'camera'))?.width === 320, 'Bob still has the small one');
    return '320 beside 960';
  }),
]);

const choose = (by: Peer, of: Peer, quality: 0 | 1 | 2): Promise<void> =>
  until(`${by.identity} knows the camera of ${of.identity}`, () =>
    by.page.evaluate(([who, quality]) => {
      const publication = peer.publicationOf(who, 'camera');
      publication?.setVideoQuality(quality);
      return publication !== undefined;
    }, [of.identity, quality] as const)).then(() => undefined);

const setEnabled = (by: Peer, of: Peer, enabled: boolean): Promise<void> =>
  by.page.evaluate(([who, enabled]) => peer.publicationOf(who, 'camera')?.setEnabled(enabled), [of.identity, enabled] as const);

const receivesWidth = (by: Peer, of: Peer, width: number): Promise<unknown> =>
  until(`${by.identity} receives a picture ${width} wide`, async () => {
    const seen = await by.remote(of, 'camera');
    return seen?.width === width || Promise.reject(new Error(`${seen?.width} wide, ${seen?.frames} frames`));
  }, LAYER_TIMEOUT_MS);

async function activeLayers(of: Peer): Promise<string> {
  const active = (await of.sent('camera')).filter((layer) => layer.active);
  return active.map((layer) => layer.rid).sort().join();
}

/** No new frame in a while, after those on their way have come. */
async function stands(by: Peer, of: Peer): Promise<void> {
  await until('no more frames arrive', async () => {
    const before = (await by.remote(of, 'camera'))?.frames;
    await new Promise((resolve) => setTimeout(resolve, 1000));
    return (await by.remote(of, 'camera'))?.frames === before;
  });
}

const showIn = (peer: Peer, width: number, height: number): Promise<void> =>
  peer.page.evaluate(([width, height]) => {
    for (const video of document.querySelectorAll('video')) video.style.cssText = `width:${width}px;height:${height}px`;
  }, [width, height] as const);
