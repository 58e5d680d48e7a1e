/** What a token does not allow does not happen, even when the client says it may. */
import { assert, pause, until } from '../../harness/waiting.ts';
import { BOTH, group, row } from '../row.ts';
import type { Peer } from '../stage.ts';
import { heard, send } from './data.ts';
import { pair } from './media.ts';

// Long enough for a track or a packet to have come, had it been let through.
const FORBIDDEN_MS = 2_500;

export const permissions = group('permissions', BOTH, pair, [
  row('without canPublish nothing is published, not even by a client that lies', async ({ stage, bob }) => {
    const eve = await stage.join('Eve', {}, { grant: { canPublish: false, canSubscribe: true } });
    assert(await refused(eve), 'the client knows that it may not');
    await eve.page.evaluate(() => {
      const allowed = { ...room.localParticipant.permissions, canPublish: true };
      Object.defineProperty(room.localParticipant, 'permissions', { get: () => allowed });
    });
    const lie = eve.publishVideo().catch(() => undefined);
    await pause(FORBIDDEN_MS);
    assert((await bob.remote(eve, 'camera')) === null, 'Bob sees no track of Eve');
    await Promise.race([lie, pause(1)]);
    await eve.leave().catch(() => undefined);
    return '';
  }),
  row('without canSubscribe nothing is received', async ({ stage, alice, bob }) => {
    const eve = await stage.join('Eve', {}, { grant: { canPublish: true, canSubscribe: false } });
    await alice.publishVideo();
    await bob.receives(alice, 'camera');
    await pause(FORBIDDEN_MS);
    const seen = await eve.remote(alice, 'camera');
    assert(!seen?.subscribed && (seen?.packets ?? 0) === 0, 'Eve receives no packet');
    await eve.leave();
    return '';
  }),
  row('without canPublishData no data gets through', async ({ stage, alice, bob }) => {
    const eve = await stage.join('Eve', {}, { grant: { canPublish: true, canSubscribe: true, canPublishData: false } });
    await send(eve, 'forbidden', true).catch(() => undefined);
    await pause(500);
    await send(alice, 'allowed', true);
    await until('Bob has what is allowed', async () => (await heard(bob, alice)).includes('allowed'));
    await pause(FORBIDDEN_MS);
    assert((await heard(bob, eve)).length === 0, 'Bob has nothing of Eve');
    await eve.leave();
    return '';
  }),
  row('canPublishSources: the microphone alone', async ({ stage, bob }) => {
    const carol = await stage.join('Carol', {}, { grant: { canPublish: true, canSubscribe: true, canPublishSources: [2 as never] } });
    assert(await refused(carol), 'the camera is refused');
    await carol.publishTone();
    await bob.receives(carol, 'microphone');
    await carol.leave();
    return '';
  }),
  row('hidden: sees, and is not seen', async ({ stage, alice }) => {
    const eve = await stage.join('Hidden', {}, { grant: { hidden: true, canPublish: false, canSubscribe: true } });
    await until('she sees Alice', () => eve.page.evaluate(() => room.remoteParticipants.has('Alice')));
    await eve.receives(alice, 'camera');
    assert(!(await alice.page.evaluate(() => room.remoteParticipants.has('Hidden'))), 'Alice does not see her');
    await eve.leave();
    return '';
  }),
  row('a publisher decides who may subscribe', async ({ alice, bob }) => {
    await bob.receives(alice, 'camera');
    await alice.page.evaluate(() => room.localParticipant.setTrackSubscriptionPermissions(false, []));
    await until('Bob has lost the picture', async () => !(await bob.remote(alice, 'camera'))?.subscribed);
    await alice.page.evaluate(() => room.localParticipant.setTrackSubscriptionPermissions(false, [{ participantIdentity: 'Bob', allowAll: true }]));
    await bob.receives(alice, 'camera');
    return '';
  }),
]);

const refused = (peer: Peer): Promise<boolean> =>
  peer.publishVideo().then(
    () => false,
    () => true,
  );
