/** End-to-end encryption: the server forwards what it cannot read. */
import { assert, pause, until } from '../../harness/waiting.ts';
import { BOTH, group, row } from '../row.ts';
import type { Stage } from '../stage.ts';
import { heard, send } from './data.ts';
import type { Pair } from './media.ts';

async function set(stage: Stage): Promise<Pair> {
  const alice = await stage.join('Alice', { encryptionKey: 'correct horse' });
  const bob = await stage.join('Bob', { encryptionKey: 'correct horse' });
  await alice.publishTone();
  await alice.publishVideo();
  return { stage, alice, bob };
}

export const encryption = group('E2EE', BOTH, set, [
  row('audio and video are decrypted by who has the key', async ({ alice, bob }) => {
    const seen = await bob.receives(alice, 'camera');
    await bob.receives(alice, 'microphone');
    await until('Bob knows that it is encrypted', () => bob.page.evaluate(() => room.remoteParticipants.get('Alice')?.isEncrypted));
    return `${seen.frames} frames`;
  }),
  row('data is decrypted as well', async ({ alice, bob }) => {
    await send(alice, 'secret', true);
    await until('Bob reads it', async () => (await heard(bob, alice)).includes('secret'));
    return '';
  }),
  row('who has another key sees nothing', async ({ alice, stage }) => {
    const eve = await stage.join('Eve', { encryptionKey: 'wrong' });
    await until('packets reach Eve', async () => ((await eve.remote(alice, 'camera'))?.packets ?? 0) > 0);
    await pause(2_000);
    const seen = await eve.remote(alice, 'camera');
    assert((seen?.frames ?? 0) === 0, `Eve decodes nothing (${seen?.frames} frames of ${seen?.packets} packets)`);
    return `${seen?.packets} packets, 0 frames`;
  }),
]);
