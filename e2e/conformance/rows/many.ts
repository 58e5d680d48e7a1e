/** Five people: more lines than a client makes beforehand, and lines that are used again. */
import { until } from '../../harness/waiting.ts';
import { BOTH, group, row } from '../row.ts';
import type { Peer, Stage } from '../stage.ts';

interface Five {
  stage: Stage;
  people: Map<string, Peer>;
}

const NAMES = ['Alice', 'Bob', 'Carol', 'Dave', 'Erin'];
const FLOW_TIMEOUT_MS = 25_000;

async function five(stage: Stage): Promise<Five> {
  const people = new Map<string, Peer>();
  for (const name of NAMES) people.set(name, await comes(stage, name));
  return { stage, people };
}

export const many = group('five people', BOTH, five, [
  row('every stream of everybody flows to everybody', ({ people }) => allFlow(people)),
  row('one leaves and comes back, twice', async (scene) => {
    for (let times = 0; times < 2; times += 1) {
      await goes(scene, 'Bob');
      scene.people.set('Bob', await comes(scene.stage, 'Bob'));
      await allFlow(scene.people);
    }
    return allFlow(scene.people);
  }),
  row('two leave and come back at the same time', async (scene) => {
    const two = ['Carol', 'Dave'];
    await Promise.all(two.map((name) => goes(scene, name)));
    const back = await Promise.all(two.map((name) => comes(scene.stage, name)));
    back.forEach((peer) => scene.people.set(peer.identity, peer));
    return allFlow(scene.people);
  }),
]);

async function comes(stage: Stage, name: string): Promise<Peer> {
  const peer = await stage.join(name);
  await peer.publishTone();
  await peer.publishVideo({ width: 160, height: 90, fps: 5 });
  return peer;
}

async function goes({ people }: Five, name: string): Promise<void> {
  await people.get(name)?.close();
  people.delete(name);
}

/** Each of n people receives n-1 cameras and n-1 microphones, all with rising counters. */
async function allFlow(people: Map<string, Peer>): Promise<string> {
  let streams = 0;
  for (const by of people.values()) {
    const others = [...people.values()].filter((other) => other !== by);
    await Promise.all(others.flatMap((of) => [by.receives(of, 'camera', FLOW_TIMEOUT_MS), by.receives(of, 'microphone', FLOW_TIMEOUT_MS)]));
    await until(`${by.identity} sees ${others.length} others`, () =>
      by.page.evaluate((count) => room.remoteParticipants.size === count, others.length),
    );
    streams += 2 * others.length;
  }
  return `${streams} of ${streams} streams flow`;
}
