/** Lost lines: what the SDK's own scenarios do to a connection, and that both directions flow after. */
import { assert, until } from '../../harness/waiting.ts';
import { BOTH, group, row } from '../row.ts';
import type { Peer, Stage } from '../stage.ts';
import { answersCalls, heard, send } from './data.ts';
import type { Pair } from './media.ts';

type Scenario = Parameters<(typeof room)['simulateScenario']>[0];

const RECONNECT_TIMEOUT_MS = 20_000;

async function set(stage: Stage): Promise<Pair> {
  const pair = { stage, alice: await stage.join('Alice'), bob: await stage.join('Bob') };
  for (const peer of [pair.alice, pair.bob]) {
    await peer.publishTone();
    await peer.publishVideo();
    await answersCalls(peer);
  }
  await flows(pair);
  return pair;
}

export const reconnect = group('reconnect', BOTH, set, [
  row('resume: the line of signals is cut, the same participant goes on', async (pair) => {
    const { alice, bob } = pair;
    const before = await sid(alice);
    const unpublished = await bob.eventCount('trackUnpublished');
    await play(alice, 'signal-reconnect');
    assert((await sid(alice)) === before, 'Alice keeps her id');
    await flows(pair);
    assert((await bob.eventCount('trackUnpublished')) === unpublished, 'Bob never lost a track');
    return 'same id, no track lost';
  }),
  row('data after a resume', async ({ alice, bob }) => {
    await send(alice, 'after the resume', true);
    await send(bob, 'to you too', true);
    await until('it reaches Bob', async () => (await heard(bob, alice)).includes('after the resume'));
    await until('it reaches Alice', async () => (await heard(alice, bob)).includes('to you too'));
    return '';
  }),
  row('publishing after a resume', async ({ alice, bob }) => {
    await alice.publishVideo({ source: 'screen_share' });
    await bob.receives(alice, 'screen_share');
    return '';
  }),
  row('resume that fails once, then connects', async (pair) => {
    await play(pair.alice, 'resume-reconnect');
    await flows(pair);
    return '';
  }),
  row('full reconnect: a new participant of the same identity', async (pair) => {
    const before = await sid(pair.alice);
    await play(pair.alice, 'full-reconnect');
    assert((await sid(pair.alice)) !== before, 'the id is a new one');
    await flows(pair);
    const all = await pair.bob.page.evaluate(() => [...room.remoteParticipants.keys()]);
    assert(all.length === 1, `Bob sees one Alice (${all.join()})`);
    return '';
  }),
  row('migration: the server sends the client elsewhere, it resumes', async (pair) => {
    const before = await sid(pair.alice);
    await play(pair.alice, 'migration');
    assert((await sid(pair.alice)) === before, 'Alice keeps her id');
    await flows(pair);
    return '';
  }),
  ...(['node-failure', 'leave-full-reconnect'] as const).map((scenario) =>
    row<Pair>(`${scenario}: the client joins again`, async (pair) => {
      const before = await sid(pair.alice);
      await play(pair.alice, scenario);
      assert((await sid(pair.alice)) !== before, 'the id is a new one');
      await flows(pair);
      return '';
    }),
  ),
  row('a client whose line breaks without a word is gone after a while', async ({ stage, bob }) => {
    const carol = await stage.join('Carol');
    await carol.publishVideo();
    await bob.receives(carol, 'camera');
    await carol.page.goto('about:blank');
    await carol.page.context().setOffline(true);
    await until('Bob is told', () => bob.page.evaluate(() => !room.remoteParticipants.has('Carol')), 60_000);
    return '';
  }),
]);

/** Breaks the line, then waits until the SDK says that it is connected again. */
async function play(peer: Peer, scenario: Scenario): Promise<void> {
  await settled(peer);
  const before = await peer.eventCount('reconnected');
  await peer.page.evaluate(async (scenario) => room.simulateScenario(scenario), scenario);
  await until(`${scenario} ends`, async () => (await peer.eventCount('reconnected')) > before, RECONNECT_TIMEOUT_MS);
  assert((await peer.page.evaluate(() => room.state)) === 'connected', 'the room is connected');
  await settled(peer);
}

/** The client says "reconnected" before its attempt is over; cut off then, it takes the attempt for failed and joins again. */
async function settled(peer: Peer): Promise<void> {
  const isAttempting = () => (room.engine as unknown as { attemptingReconnect: boolean }).attemptingReconnect;
  await until('its last attempt is over', async () => !(await peer.page.evaluate(isAttempting)), RECONNECT_TIMEOUT_MS);
}

const sid = (peer: Peer): Promise<string> => peer.page.evaluate(() => room.localParticipant.sid);

async function flows({ alice, bob }: Pair): Promise<void> {
  for (const [by, of] of [[alice, bob], [bob, alice]] as const) {
    await by.receives(of, 'camera', RECONNECT_TIMEOUT_MS);
    await by.receives(of, 'microphone', RECONNECT_TIMEOUT_MS);
  }
}
