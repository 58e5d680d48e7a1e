/** Runs in the browser: many participants in one page, each with a picture of its own and no sound. */
import { Room, Track } from 'livekit-client';
import { synthetic } from '../conformance/synthetic.ts';

const PICTURE = { width: 320, height: 180, fps: 3 };

const rooms: Room[] = [];

async function enter(url: string, token: string, withCamera: boolean): Promise<void> {
  const room = new Room({ adaptiveStream: false });
  await room.connect(url, token, { autoSubscribe: false });
  rooms.push(room);
  if (!withCamera) return;
  await room.localParticipant.publishTrack(synthetic.picture(PICTURE), { source: Track.Source.Camera, simulcast: false });
}

async function leave(): Promise<void> {
  await Promise.all(rooms.splice(0).map((room) => room.disconnect()));
}

const crowd = { enter, leave };

export type Crowd = typeof crowd;
Object.assign(globalThis, { crowd });

declare global {
  var crowd: Crowd;
}
