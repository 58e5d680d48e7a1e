/** Twenty times from the click on "join" to the first frame of the other person, in one browser on one machine.
 *
 *  Alice is in the call. Bob comes with an empty profile each time; the click and the frame are both timed
 *  in his page: `requestVideoFrameCallback` of the video on Alice's tile.
 */
import { summary } from '../harness/statistics.ts';
import { Meeting } from '../harness/meeting.ts';
import type { Person } from '../harness/person.ts';

const TIMES = Number(process.env.TIMES ?? 20);

async function main(): Promise<void> {
  const meeting = await Meeting.open();
  try {
    const alice = await meeting.arrives('Alice');
    const link = await alice.startsMeeting();
    await alice.joins();
    const times: number[] = [];
    for (let n = 0; n < TIMES; n += 1) {
      const bob = await meeting.arrives(`Bob ${n}`);
      await bob.opens(link);
      await bob.id('prejoin-name').fill(bob.name);
      times.push(await firstFrameOf(bob, 'Alice'));
      await bob.leaves();
      await bob.closes();
    }
    console.log(times.map((time) => Math.round(time)).join(' '));
    console.log(`click on join to first remote frame: ${summary(times, 'ms')}`);
  } finally {
    await meeting.close();
  }
}

const firstFrameOf = (by: Person, name: string): Promise<number> =>
  by.page.evaluate(
    (name) =>
      new Promise<number>((resolve) => {
        const selector = `[data-testid="call-tile"][data-kind="person"][data-name="${name}"] video`;
        const watched = new WeakSet<Element>();
        const start = performance.now();
        const look = (): void => {
          const video = document.querySelector<HTMLVideoElement>(selector);
          if (!video || watched.has(video)) return;
          watched.add(video);
          video.requestVideoFrameCallback(() => resolve(performance.now() - start));
        };
        new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
        document.querySelector<HTMLElement>('[data-testid="prejoin-join"]')?.click();
      }),
    name,
  );

await main();
