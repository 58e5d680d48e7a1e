/** Data packets, calls and streams: what the server only relays, in order and to whom it is meant. */
import { assert, pause, until, within } from '../../harness/waiting.ts';
import { BOTH, group, row } from '../row.ts';
import type { Peer, Stage } from '../stage.ts';

interface Three {
  alice: Peer;
  bob: Peer;
  carol: Peer;
}

async function three(stage: Stage): Promise<Three> {
  const [alice, bob, carol] = [await stage.join('Alice'), await stage.join('Bob'), await stage.join('Carol')];
  for (const peer of [alice, bob, carol]) {
    await answersCalls(peer);
    // A packet of somebody who is not known yet has no name.
    await until(`${peer.identity} sees two others`, () => peer.page.evaluate(() => room.remoteParticipants.size === 2));
  }
  return { alice, bob, carol };
}

export const data = group('data', BOTH, three, [
  row('reliable data, both ways, in order', async ({ alice, bob }) => {
    for (const [from, to] of [[alice, bob], [bob, alice]] as const) {
      for (let n = 0; n < 20; n += 1) await send(from, `${from.identity} ${n}`, true);
      await until(`20 packets reach ${to.identity}`, async () => {
        const count = (await heard(to, from)).length;
        return count >= 20 || Promise.reject(new Error(`${count} of 20`));
      });
      const numbers = (await heard(to, from)).map((text) => Number(text.split(' ')[1]));
      assert(numbers.every((number, n) => number === n), `they come in order: ${numbers.join()}`);
    }
    return '20 + 20 packets';
  }),
  row('lossy data, both ways', async ({ alice, bob }) => {
    for (const [from, to] of [[alice, bob], [bob, alice]] as const) {
      await send(from, 'lossy', false);
      await until(`it reaches ${to.identity}`, async () => (await heard(to, from)).includes('lossy'));
    }
    return '';
  }),
  row('data for one person reaches nobody else', async ({ alice, bob, carol }) => {
    await send(alice, 'for Bob', true, ['Bob']);
    await send(alice, 'for all', true);
    await until('Carol has what is for all', async () => (await heard(carol, alice)).includes('for all'));
    assert((await heard(bob, alice)).includes('for Bob'), 'Bob has his');
    assert(!(await heard(carol, alice)).includes('for Bob'), 'Carol has it not');
    return '';
  }),
  row('RPC, small and 14 kB', async ({ alice, bob }) => {
    assert((await call(alice, bob, 'hi')) === 're:hi', 'the small answer is right');
    const length = (await call(alice, bob, 'x'.repeat(14_000))).length;
    assert(length === 14_003, `the large answer is whole (${length})`);
    return `${length} bytes`;
  }),
  row('text stream', async ({ alice, bob }) => {
    await alice.page.evaluate(() => room.localParticipant.sendText('salut à tous', { topic: 'chat' }));
    await until('Bob reads it', () => bob.page.evaluate(() => received.texts.includes('salut à tous')));
    return '';
  }),
  row('byte stream of 300 kB', async ({ alice, bob }) => {
    await alice.page.evaluate(async () => {
      const bytes = new Uint8Array(300_000).map((_, n) => n % 251);
      await room.localParticipant.sendFile(new File([bytes], 'f.bin'), { topic: 'file' });
    });
    await until('Bob has it whole', () => bob.page.evaluate(() => received.sums.includes('300000 right')), 15_000);
    return '300000 bytes, each compared';
  }),
  row('a data track is refused, and the client does not wait', async ({ alice }) => {
    const refused = alice.page.evaluate(() =>
      room.localParticipant.publishDataTrack({ name: 'position' }).then(() => '', (error: Error) => error.message),
    );
    const message = await within('the refusal', 3_000, refused);
    assert(message !== '', 'it is refused');
    return message.slice(0, 80);
  }),
  row('data survives a burst of 200 packets of 1 kB', async ({ alice, bob }) => {
    await alice.page.evaluate(async () => {
      const text = 'b'.repeat(1000);
      for (let n = 0; n < 200; n += 1) {
        await room.localParticipant.publishData(new TextEncoder().encode(`${text}${n}`), { reliable: true, topic: 'burst' });
      }
    });
    const count = (): Promise<number> => bob.page.evaluate(() => peer.data.filter((one) => one.topic === 'burst').length);
    await until('all reach Bob', async () => (await count()) === 200);
    await pause(300);
    assert((await count()) === 200, 'none comes twice');
    return '200 of 200';
  }),
]);

export const send = (from: Peer, text: string, reliable: boolean, to: string[] = []): Promise<void> =>
  from.page.evaluate(
    async ([text, reliable, to]) => {
      const bytes = new TextEncoder().encode(text);
      await room.localParticipant.publishData(bytes, { reliable, topic: 'row', destinationIdentities: [...to] });
    },
    [text, reliable, to] as const,
  );

export async function heard(by: Peer, from: { identity: string }): Promise<string[]> {
  const all = await by.page.evaluate(() => peer.data);
  return all.filter((one) => one.from === from.identity).map((one) => one.text);
}

const call = (from: Peer, to: Peer, payload: string): Promise<string> =>
  from.page.evaluate(
    ([to, payload]) =>
      room.localParticipant.performRpc({ destinationIdentity: to, method: 'echo', payload, responseTimeout: 10_000 }),
    [to.identity, payload] as const,
  );

/** What a page keeps of the streams that it was sent. */
interface Received {
  texts: string[];
  sums: string[];
}

declare global {
  var received: Received;
}

export async function answersCalls(peer: Peer): Promise<void> {
  await peer.page.evaluate(() => {
    const kept: Received = { texts: [], sums: [] };
    Object.assign(globalThis, { received: kept });
    room.registerRpcMethod('echo', async (call) => `re:${call.payload}`);
    room.registerTextStreamHandler('chat', async (reader) => void kept.texts.push(await reader.readAll()));
    room.registerByteStreamHandler('file', async (reader) => {
      let count = 0;
      let right = true;
      for await (const chunk of reader) {
        right &&= chunk.every((byte, n) => byte === (count + n) % 251);
        count += chunk.length;
      }
      kept.sums.push(`${count} ${right ? 'right' : 'wrong'}`);
    });
  });
}
