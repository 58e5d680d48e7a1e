/** What people are told of each other: names, speaking, lines, coming and going. */
import { assert, until } from '../../harness/waiting.ts';
import { BOTH, group, row } from '../row.ts';
import type { Peer } from '../stage.ts';
import { pair } from './media.ts';

// Qualities are told every five seconds; the first may come after the second turn.
const QUALITY_TIMEOUT_MS = 15_000;

export const people = group('people', BOTH, pair, [
  row('name, metadata and attributes change', async ({ alice, bob }) => {
    await alice.page.evaluate(async () => {
      await room.localParticipant.setName('Alice B.');
      await room.localParticipant.setMetadata('{"role":"host"}');
      await room.localParticipant.setAttributes({ hand: 'up', 'visio.language': 'fr' });
    });
    await until('Bob knows all three', () =>
      bob.page.evaluate(() => {
        const alice = room.remoteParticipants.get('Alice');
        return alice?.name === 'Alice B.' && alice.metadata === '{"role":"host"}' && alice.attributes.hand === 'up';
      }),
    );
    await alice.page.evaluate(() => room.localParticipant.setAttributes({ hand: '' }));
    await until('an empty attribute is gone', () =>
      bob.page.evaluate(() => {
        const attributes = room.remoteParticipants.get('Alice')?.attributes ?? {};
        return !attributes.hand && attributes['visio.language'] === 'fr';
      }),
    );
    return '';
  }),
  row('who speaks is told, and who has stopped', async ({ alice, bob }) => {
    await alice.publishTone();
    await until('Bob hears that Alice speaks', () => speaks(bob, 'Alice'));
    await until('Alice hears it as well', () => speaks(alice, 'Alice'));
    await alice.page.evaluate(async () => {
      await (room.localParticipant.getTrackPublication('microphone' as never)?.track as { mute(): Promise<unknown> }).mute();
    });
    await until('Bob hears that she has stopped', async () => !(await speaks(bob, 'Alice')));
    return '';
  }),
  row('connection quality is told', async ({ alice, bob }) => {
    const qualityOf = (by: Peer, who: string): Promise<string | undefined> =>
      by.page.evaluate((who) => room.getParticipantByIdentity(who)?.connectionQuality, who);
    const quality = await until('Bob knows the line of Alice', async () => {
      const known = await qualityOf(bob, 'Alice');
      return known === 'unknown' ? undefined : known;
    }, QUALITY_TIMEOUT_MS);
    await until('Alice knows her own', async () => (await qualityOf(alice, 'Alice')) !== 'unknown', QUALITY_TIMEOUT_MS);
    return quality;
  }),
  row('a leave is told', async ({ stage, bob }) => {
    const carol = await stage.join('Carol');
    await until('Bob sees Carol', () => bob.page.evaluate(() => room.remoteParticipants.has('Carol')));
    await carol.leave();
    await until('Bob sees her go', () => bob.page.evaluate(() => !room.remoteParticipants.has('Carol')), 3_000);
    assert((await bob.eventCount('participantDisconnected', 'Carol')) === 1, 'it is told once');
    return '';
  }),
  row('the same identity again replaces the first', async ({ stage, bob }) => {
    const first = await stage.join('Dave');
    const second = await stage.join('Dave');
    const reason = await until('the first is told why', () =>
      first.page.evaluate(() => (room.state === 'disconnected' ? peer.events.find((event) => event.name === 'disconnected')?.who : null)),
    );
    assert(reason === '2', `the reason is DUPLICATE_IDENTITY (${reason})`);
    await second.publishVideo();
    await bob.receives(second, 'camera');
    return `reason ${reason}`;
  }),
  row('the number of participants and the room are told', async ({ stage, bob }) => {
    const told = await bob.page.evaluate(async () => ({ name: room.name, sid: await room.getSid() }));
    assert(told.name === stage.room, `the name of the room (${told.name})`);
    assert(told.sid.startsWith('RM_'), `its id (${told.sid})`);
    await until('Bob is told how many are there', () => bob.page.evaluate(() => room.numParticipants >= 2), QUALITY_TIMEOUT_MS);
    return '';
  }),
]);

const speaks = (by: Peer, who: string): Promise<boolean> =>
  by.page.evaluate((who) => room.activeSpeakers.some((speaker) => speaker.identity === who), who);
