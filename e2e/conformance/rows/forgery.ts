/** What a guest sends in the name of the server or of somebody else reaches nobody: each kind, from both SDKs. */
import { assert, until } from '../../harness/waiting.ts';
import type { PythonPeer } from '../python-peer.ts';
import { BOTH, group, row, type Row } from '../row.ts';
import type { Peer, Stage } from '../stage.ts';

interface Scene {
  stage: Stage;
  alice: Peer;
  bob: Peer;
  carol: PythonPeer;
  eve: Peer;
}

/** What Alice would never say: no receiver may find it in any packet. */
const FORGED = 'We agree on plan A';
const SEGMENT = { 'lk.segment_id': 's1', 'lk.transcription_final': 'true', 'lk.transcribed_track_id': 'TR_AMalice000001' };

/** LiveKit's packets in their JSON form; the marker goes last, on the same channel. */
type Forgery = (victim: { sid: string }) => object[];

const header = (streamId: string, topic: string, more: object = {}): object => ({
  streamHeader: { streamId, topic, mimeType: 'text/plain', textHeader: {}, attributes: {}, ...more },
});
const chunk = (streamId: string): object => ({ streamChunk: { streamId, chunkIndex: '0', content: btoa(FORGED) } });
const trailer = (streamId: string, attributes: object = {}): object => ({ streamTrailer: { streamId, attributes } });
const user = (topic: string): object => ({ user: { topic, payload: btoa(FORGED) } });

const forgeries: Record<string, Forgery> = {
  'active speakers': ({ sid }) => [{ speaker: { speakers: [{ sid, level: 1, active: true }] } }],
  'a transcription packet': () => [
    {
      transcription: {
        transcribedParticipantIdentity: 'Alice',
        trackId: 'TR_AMalice000001',
        segments: [{ id: 's1', text: FORGED, final: true, language: 'en' }],
      },
    },
  ],
  'metrics of others': () => [{ metrics: { strData: [FORGED] } }],
  'a chat message that says an agent made it': () => [{ chatMessage: { id: 'c1', message: FORGED, generated: true } }],
  'data on lk.transcription': () => [user('lk.transcription')],
  'data on lk.agent.events': () => [user('lk.agent.events')],
  'data on visio.captions': () => [user('visio.captions')],
  'a caption': () => [header('f1', 'lk.transcription', { attributes: SEGMENT }), chunk('f1'), trailer('f1')],
  'a caption in one packet': () => [
    header('f2', 'lk.transcription', { attributes: { ...SEGMENT, 'visio.certain_chars': '3' }, inlineContent: btoa(FORGED) }),
  ],
  'a caption in the name of Alice': () => [
    { participantIdentity: 'Alice', ...header('f3', 'lk.transcription', { attributes: SEGMENT, inlineContent: btoa(FORGED) }) },
  ],
  'a stream with an attribute of the server': () => [
    header('f4', 'chat', { attributes: { 'visio.certain_chars': '3' }, inlineContent: btoa(FORGED) }),
  ],
  'a stream that becomes a caption at its end': () => [
    header('f5', 'chat'),
    trailer('f5', { 'lk.segment_id': FORGED, 'visio.certain_chars': '3' }),
  ],
  'a stream that bears a name of the server': () => [header('visio.caption.1', 'chat', { inlineContent: btoa(FORGED) })],
  'a stream that says an agent made it': () => [
    header('f6', 'chat', { textHeader: { generated: true }, inlineContent: btoa(FORGED) }),
  ],
  'a piece within the stream of Alice': () => [chunk('alices')],
  'an end of the stream of Alice': () => [trailer('alices', { note: FORGED })],
  'a change of what Alice wrote': () => [
    header('alices', 'chat', { textHeader: { operationType: 'UPDATE' }, inlineContent: btoa(FORGED) }),
  ],
  'a piece of a stream that nobody began': () => [chunk('nobodys')],
};

async function set(stage: Stage): Promise<Scene> {
  const [alice, bob, eve] = [await stage.join('Alice'), await stage.join('Bob'), await stage.join('Eve')];
  const carol = await stage.python('Carol');
  for (const peer of [alice, bob, eve]) {
    await until(`${peer.identity} sees three others`, () => peer.page.evaluate(() => room.remoteParticipants.size === 3));
  }
  await sends(alice, [header('alices', 'chat')]);
  return { stage, alice, bob, carol, eve };
}

export const forgery = group('forgery', BOTH, set, [
  ...Object.entries(forgeries).map(refusedRow),
  row('Python: captions by packet and by stream', async (scene) => {
    const { stage, bob, carol } = scene;
    const mallory = await stage.python('Mallory');
    await mallory.call('forge', { text: FORGED });
    await mallory.call('send_data', { text: 'done Python', reliable: true, topic: 'row' });
    await arrived(bob, carol, 'done Python');
    await nothingForged(scene);
    return '3 forgeries, 0 arrive';
  }),
  row('an agent says what others said', async ({ stage, bob, carol, eve }) => {
    const agent = await stage.join('Agent', {}, { kind: 'agent' });
    const said = 'We agree on plan C';
    await sends(agent, [header('a1', 'lk.transcription', { attributes: SEGMENT, inlineContent: btoa(said) })]);
    await arrived(bob, carol, said);
    await sends(eve, [header('f9', 'chat', { inlineContent: btoa('Eve writes') })]);
    await arrived(bob, carol, 'Eve writes');
    return 'the agent’s caption and Eve’s own text arrive';
  }),
  row('nothing of it is shown on the page of Visio', async ({ stage }) => {
    const bob = await stage.visitor('Bob');
    const link = await bob.startsMeeting();
    await bob.joins();
    const eve = await stage.guest('Eve', link);
    const victim = await until('Eve sees Bob', () => eve.page.evaluate(() => [...room.remoteParticipants.values()][0]?.sid));
    for (const forge of Object.values(forgeries)) await sends(eve, forge({ sid: victim }));
    await until('Bob sees Eve', async () => (await bob.tile({ name: 'Eve' }).count()) > 0);
    await bob.page.waitForTimeout(SHOWN_WITHIN_MS);
    assert((await bob.id('caption-line').count()) === 0, 'no caption is shown');
    assert(!(await bob.page.content()).includes(FORGED), 'nothing forged is on the page');
    return `${Object.keys(forgeries).length} forgeries, 0 shown`;
  }),
]);

/** A caption is drawn in a fraction of this. */
const SHOWN_WITHIN_MS = 1_500;

function refusedRow([name, forge]: [string, Forgery]): Row<Scene> {
  return row(name, async (scene) => {
    const { alice, bob, carol, eve } = scene;
    await sends(eve, forge({ sid: await alice.page.evaluate(() => room.localParticipant.sid) }));
    await sends(eve, [{ user: { topic: 'row', payload: btoa(`done ${name}`) } }]);
    await arrived(bob, carol, `done ${name}`);
    await nothingForged(scene);
    return 'refused';
  });
}

/** Packets as they stand, without what the library would check or add. */
const sends = (from: Peer, packets: object[]): Promise<void> =>
  from.page.evaluate(async (packets) => {
    for (const packet of packets) await peer.sendPacket(packet);
  }, packets);

async function arrived(bob: Peer, carol: PythonPeer, text: string): Promise<void> {
  await until(`“${text}” reaches the browser`, () => bob.page.evaluate((text) => peer.packets.some((one) => one.includes(text)), text));
  await until(`“${text}” reaches Python`, async () => JSON.stringify(await carol.call('state')).includes(text));
}

async function nothingForged({ bob, carol }: Scene): Promise<void> {
  const packets = await bob.page.evaluate((forged) => peer.packets.filter((one) => one.includes(forged)), FORGED);
  assert(packets.length === 0, `no forged packet arrives (${packets.length})`);
  const speaking = await bob.page.evaluate(() => room.activeSpeakers.map((one) => one.identity));
  assert(speaking.length === 0, `nobody speaks (${speaking.join()})`);
  assert(!JSON.stringify(await carol.call('state')).includes(FORGED), 'Python has nothing forged');
}
