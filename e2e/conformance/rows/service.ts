/** LiveKit's RoomService, by its own server SDKs: JSON from JavaScript, protobuf from Python. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AccessToken, DataPacket_Kind, RoomServiceClient } from 'livekit-server-sdk';
import { API_KEY, API_SECRET } from '../../harness/server.ts';
import { token } from '../../harness/tokens.ts';
import { assert, pause, until } from '../../harness/waiting.ts';
import { group, row } from '../row.ts';
import { PYTHON } from '../python-peer.ts';
import type { Stage } from '../stage.ts';
import { type Pair, pair } from './media.ts';

interface Served extends Pair {
  service: RoomServiceClient;
}

async function set(stage: Stage): Promise<Served> {
  const scene = await pair(stage);
  await scene.alice.publishTone();
  await scene.bob.receives(scene.alice, 'microphone');
  return { ...scene, service: new RoomServiceClient(stage.server.url, API_KEY, API_SECRET) };
}

/** Tokens carry whole seconds: one of the very second of a change may have been made after it, and is believed. */
const olderThanNow = (): Promise<void> => pause(1_100);

export const service = group('RoomService', ['v1'], set, [
  row('ListRooms', async ({ service, stage }) => {
    const found = (await service.listRooms()).find((room) => room.name === stage.room);
    assert(found && found.sid.startsWith('RM_'), 'the room is listed');
    await until('it counts two', async () => (await service.listRooms([stage.room]))[0]?.numParticipants === 2);
    return found.sid;
  }),
  row('ListParticipants and GetParticipant', async ({ service, stage }) => {
    const listed = (await service.listParticipants(stage.room)).map((one) => one.identity).sort();
    assert(listed.join() === 'Alice,Bob', `both are listed (${listed.join()})`);
    const alice = await service.getParticipant(stage.room, 'Alice');
    assert(alice.tracks.length === 1 && alice.tracks[0]?.sid.startsWith('TR_'), 'with her track');
    return listed.join();
  }),
  row('CreateRoom and DeleteRoom', async ({ service, stage }) => {
    const name = `${stage.room}-made`;
    const made = await service.createRoom({ name, emptyTimeout: 60, departureTimeout: 5, maxParticipants: 2 });
    assert(made.name === name && made.sid.startsWith('RM_'), 'the room is made');
    const limits = [made.emptyTimeout, made.departureTimeout, made.maxParticipants].join();
    assert(limits === '60,5,2', `the answer has its limits (${limits})`);
    for (const identity of ['Carol', 'Dave']) await (await stage.page(identity)).enter(await token(name, identity));
    const eve = await refusedBy(stage, name, 'Eve');
    assert(eve, 'the third of two is refused');
    await service.deleteRoom(name);
    assert((await service.listRooms([name])).length === 0, 'the room is gone');
    return '';
  }),
  row('MutePublishedTrack', async ({ service, stage, alice, bob }) => {
    const sid = (await bob.remote(alice, 'microphone'))?.sid ?? '';
    await service.mutePublishedTrack(stage.room, 'Alice', sid, true);
    await until('Bob knows', async () => (await bob.remote(alice, 'microphone'))?.muted === true);
    await until('Alice knows', () => alice.page.evaluate(() => !room.localParticipant.isMicrophoneEnabled));
    return '';
  }),
  row('UpdateParticipant: name, metadata, permission', async ({ service, stage, alice, bob }) => {
    await service.updateParticipant(stage.room, 'Alice', {
      name: 'Alice of the desk',
      metadata: 'set by the server',
      permission: { canPublish: false, canSubscribe: true, canPublishData: true },
    });
    await until('Bob knows her name', () => bob.page.evaluate(() => room.remoteParticipants.get('Alice')?.name === 'Alice of the desk'));
    await until('Alice knows that she may not publish', () => alice.page.evaluate(() => room.localParticipant.permissions?.canPublish === false));
    await until('her track is gone', async () => (await bob.remote(alice, 'microphone')) === null);
    return '';
  }),
  row('UpdateParticipant: the client has a new token at once, and the old one gives nothing back', async ({ service, stage }) => {
    const former = await token(stage.room, 'Frank');
    const frank = await stage.page('Frank');
    await frank.enter(former);
    await olderThanNow();
    await service.updateParticipant(stage.room, 'Frank', { permission: { canPublish: false, canSubscribe: true } });
    const granted = (): Promise<boolean> =>
      frank.page.evaluate(() => JSON.parse(atob((room.engine as unknown as { token: string }).token.split('.')[1] ?? '')).video.canPublish);
    await until('his token says what he may', async () => (await granted()) === false, 3_000);
    await frank.leave();
    const again = await stage.page('Frank');
    await again.enter(former);
    assert((await again.page.evaluate(() => room.localParticipant.permissions?.canPublish)) === false, 'he still may not publish');
    await again.leave();
    return '';
  }),
  row('SendData', async ({ service, stage, bob }) => {
    await service.sendData(stage.room, new TextEncoder().encode('from the server'), DataPacket_Kind.RELIABLE, { topic: 'srv' });
    await until('Bob has it', () => bob.page.evaluate(() => peer.data.some((one) => one.text === 'from the server')));
    return '';
  }),
  row('RemoveParticipant', async ({ service, stage, bob }) => {
    const daves = await token(stage.room, 'Dave');
    const dave = await stage.page('Dave');
    await dave.enter(daves);
    await olderThanNow();
    await service.removeParticipant(stage.room, 'Dave');
    await until('Dave is told', () => dave.page.evaluate(() => room.state === 'disconnected'));
    await until('Bob sees him go', () => bob.page.evaluate(() => !room.remoteParticipants.has('Dave')));
    const reason = await dave.page.evaluate(() => peer.events.find((event) => event.name === 'disconnected')?.who);
    assert(reason === '4', `the reason is PARTICIPANT_REMOVED (${reason})`);
    assert(await refusedBy(stage, stage.room, 'Dave', daves), 'his token does not bring him back');
    return `reason ${reason}`;
  }),
  row('the same from Python, in protobuf', async ({ stage }) => {
    const script = join(import.meta.dirname, '..', 'python', 'service.py');
    const { stdout } = await promisify(execFile)(PYTHON, [script, stage.server.url, API_KEY, API_SECRET, stage.room]);
    assert(stdout.trim() === 'Alice,Bob', `both are listed (${stdout.trim()})`);
    return stdout.trim();
  }),
  row('a key without the grant is refused', async ({ service, stage }) => {
    const eve = new RoomServiceClient(stage.server.url, API_KEY, 'wrong_secret_wrong_secret_wrong_secret_wrong');
    const refused = await eve.listRooms().then(() => null, (error: Error) => error.message);
    assert(refused !== null, 'a wrong secret is refused');
    const other = await tokenOfOtherRoom(stage);
    assert(other === 401 || other === 403, `an administrator of another room is refused (${other})`);
    assert((await service.listRooms()).length > 0, 'the right one is not');
    return `${other}`;
  }),
  row('DeleteRoom ends the meeting for those in it', async ({ service, stage, bob }) => {
    await service.deleteRoom(stage.room);
    await until('Bob is told', () => bob.page.evaluate(() => room.state === 'disconnected'));
    const reason = await bob.page.evaluate(() => peer.events.find((event) => event.name === 'disconnected')?.who);
    assert(reason === '5', `the reason is ROOM_DELETED (${reason})`);
    return `reason ${reason}`;
  }),
]);

async function refusedBy(stage: Stage, room: string, identity: string, access?: string): Promise<boolean> {
  const peer = await stage.page(identity);
  const entered = await peer.enter(access ?? (await token(room, identity))).then(() => true, () => false);
  await peer.close();
  return !entered;
}

async function tokenOfOtherRoom(stage: Stage): Promise<number> {
  const access = new AccessToken(API_KEY, API_SECRET, { ttl: 60 });
  access.addGrant({ roomAdmin: true, room: 'another-room' });
  const answer = await fetch(`${stage.server.url}/twirp/livekit.RoomService/ListParticipants`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await access.toJwt()}`, 'content-type': 'application/json' },
    body: JSON.stringify({ room: stage.room }),
  });
  return answer.status;
}
