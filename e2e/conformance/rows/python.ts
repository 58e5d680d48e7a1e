/** The Python wheel (LiveKit's Rust core) and a browser in one room. */
import { assert, until } from '../../harness/waiting.ts';
import { BOTH, group, row } from '../row.ts';
import type { PythonPeer } from '../python-peer.ts';
import type { Peer, Stage } from '../stage.ts';
import { answersCalls, heard, send } from './data.ts';
import { FRAME_OCTETS, receivesRedundancy } from './media.ts';

interface Mixed {
  stage: Stage;
  alice: Peer;
  bob: PythonPeer;
}

interface State {
  sid: string;
  connected: boolean;
  people: Record<string, { name: string; metadata: string; attributes: Record<string, string>; tracks: Record<string, { sid: string; muted: boolean }> }>;
  received: Record<string, { frames: number; width: number; height: number; loudest: number }>;
  data: { text: string; from: string; topic: string }[];
  texts: string[];
  byte_counts: number[];
  events: string[];
}

const stateOf = (bob: PythonPeer): Promise<State> => bob.call<State>('state');

async function set(stage: Stage): Promise<Mixed> {
  const alice = await stage.join('Alice');
  await answersCalls(alice);
  const bob = await stage.python('Bob');
  await bob.call('register_echo');
  await until('Alice sees Bob', () => alice.page.evaluate(() => room.remoteParticipants.has('Bob')));
  return { stage, alice, bob };
}

export const python = group('Python', BOTH, set, [
  row('audio from Python is heard in the browser', async ({ alice, bob }) => {
    await bob.call('publish_tone');
    const heard = await alice.receives(bob, 'microphone');
    return `energy ${heard.energy.toFixed(2)}`;
  }),
  ...(['vp8', 'vp9', 'h264', 'av1'] as const).map((codec) =>
    row<Mixed>(`${codec.toUpperCase()} from Python is decoded in the browser`, async ({ alice, bob }) => {
      await bob.call('publish_video', { codec, width: 320, height: 180, simulcast: false });
      const seen = await alice.receives(bob, 'camera');
      assert(seen.codec === `video/${codec}`, `the codec that was asked for arrives (${seen.codec})`);
      await bob.call('unpublish', { source: 'camera' });
      await until('it is gone', async () => (await alice.remote(bob, 'camera')) === null);
      return `${seen.codec}, ${seen.width}x${seen.height}`;
    }),
  ),
  row('audio and video of the browser reach Python', async ({ alice, bob }) => {
    await alice.publishTone();
    await alice.publishVideo({ width: 640, height: 360, simulcast: true, lowerHeights: [180] });
    const seen = await until('Python receives both', async () => {
      const { received } = await stateOf(bob);
      const [sound, picture] = [received['Alice/microphone'], received['Alice/camera']];
      return sound && picture && sound.loudest > 1000 && picture.frames > 20 && picture.width === 640 ? { sound, picture } : null;
    }, 25_000);
    return `loudest ${seen.sound.loudest}, ${seen.picture.frames} frames of ${seen.picture.width}x${seen.picture.height}`;
  }),
  row('audio is redundant (RED), both ways', async ({ alice, bob }) => {
    const fromPython = await receivesRedundancy(alice, bob);
    const toPython = await until('Python receives the voice of Alice with redundancy', async () => {
      const octets = await bob.call<number>('octets_per_packet', { of: 'Alice', source: 'microphone' });
      return octets > FRAME_OCTETS * 1.5 ? octets : null;
    });
    return `${fromPython.toFixed(0)} octets a packet from Python, ${toPython.toFixed(0)} to Python`;
  }),
  row('Python chooses the low layer', async ({ bob }) => {
    await bob.call('set_quality', { to: 'Alice', source: 'camera', quality: 'LOW' });
    await until('320 wide', async () => (await stateOf(bob)).received['Alice/camera']?.width === 320);
    return '640, then 320';
  }),
  row('reliable and lossy data, both ways', async ({ alice, bob }) => {
    for (const reliable of [true, false]) {
      await bob.call('send_data', { text: `from Python ${reliable}`, reliable, topic: 'row' });
      await until('the browser has it', async () => (await heard(alice, bob)).includes(`from Python ${reliable}`));
      await send(alice, `from the browser ${reliable}`, reliable);
      await until('Python has it', async () =>
        (await stateOf(bob)).data.some((one) => one.text === `from the browser ${reliable}` && one.from === 'Alice'),
      );
    }
    return '';
  }),
  row('RPC both ways, small and 14 kB', async ({ alice, bob }) => {
    for (const payload of ['hi', 'x'.repeat(14_000)]) {
      assert((await bob.call<string>('rpc', { to: 'Alice', method: 'echo', payload })) === `re:${payload}`, 'Python calls the browser');
      const back = await alice.page.evaluate(
        (payload) => room.localParticipant.performRpc({ destinationIdentity: 'Bob', method: 'echo', payload, responseTimeout: 10_000 }),
        payload,
      );
      assert(back === `re:${payload}`, 'the browser calls Python');
    }
    return '';
  }),
  row('text and byte streams, both ways', async ({ alice, bob }) => {
    await bob.call('send_text', { text: 'bonjour', topic: 'chat' });
    await bob.call('send_bytes', { count: 300_000, topic: 'file' });
    await until('the browser has both', () =>
      alice.page.evaluate(() => received.texts.includes('bonjour') && received.sums.some((sum) => sum.startsWith('300000'))),
    );
    await alice.page.evaluate(async () => {
      await room.localParticipant.sendText('salut', { topic: 'chat' });
      await room.localParticipant.sendFile(new File([new Uint8Array(300_000)], 'f.bin'), { topic: 'file' });
    });
    await until('Python has both', async () => {
      const { texts, byte_counts } = await stateOf(bob);
      return texts.includes('salut') && byte_counts.includes(300_000);
    });
    return '300000 bytes each way';
  }),
  row('mute, name, metadata and attributes', async ({ alice, bob }) => {
    await bob.call('mute', { source: 'microphone', muted: true });
    await until('the browser knows', async () => (await alice.remote(bob, 'microphone'))?.muted === true);
    await bob.call('mute', { source: 'microphone', muted: false });
    await until('and of the unmute', async () => (await alice.remote(bob, 'microphone'))?.muted === false);
    await bob.call('set_about_self', { name: 'Bob P.', metadata: 'm', attributes: { hand: 'up' } });
    await until('the browser knows all three', () =>
      alice.page.evaluate(() => {
        const bob = room.remoteParticipants.get('Bob');
        return bob?.name === 'Bob P.' && bob.metadata === 'm' && bob.attributes.hand === 'up';
      }),
    );
    return '';
  }),
  row('unsubscribe and subscribe again', async ({ alice, bob }) => {
    await bob.call('subscribe', { to: 'Alice', source: 'camera', subscribed: false });
    await until('it has ended', async () => (await stateOf(bob)).events.includes('track_unsubscribed'));
    const before = (await stateOf(bob)).received['Alice/camera']?.frames ?? 0;
    await bob.call('subscribe', { to: 'Alice', source: 'camera', subscribed: true });
    await until('frames come again', async () => ((await stateOf(bob)).received['Alice/camera']?.frames ?? 0) > before + 5);
    await alice.receives(bob, 'microphone');
    return '';
  }),
  row('resume and full reconnect', async ({ alice, bob }) => {
    for (const scenario of ['SIGNAL_RECONNECT', 'FULL_RECONNECT']) {
      const before = (await stateOf(bob)).events.filter((event) => event === 'reconnected').length;
      await bob.call('simulate', { scenario });
      await until(`${scenario} ends`, async () => (await stateOf(bob)).events.filter((event) => event === 'reconnected').length > before, 20_000);
      await alice.receives(bob, 'microphone', 20_000);
      const frames = (await stateOf(bob)).received['Alice/camera']?.frames ?? 0;
      await until(`frames reach Python after ${scenario}`, async () => ((await stateOf(bob)).received['Alice/camera']?.frames ?? 0) > frames + 5, 20_000);
    }
    return '';
  }),
  row('leaving is told', async ({ alice, bob }) => {
    await bob.call('leave');
    await until('the browser sees him go', () => alice.page.evaluate(() => !room.remoteParticipants.has('Bob')), 5_000);
    return '';
  }),
]);
