/** Alice's call in a world where the test decides what server and rooms do. */
import { vi } from 'vitest';
import { Problem } from '../../api/problem';
import type { Joined, JoinRequest } from '../../api/requests';
import { CallSession, type JoinOptions } from '../session';
import { FakeRoom } from './fake-room';
import { transcriptRequests } from './transcript';

const options: JoinOptions = {
  name: 'Alice',
  language: null,
  microphone: true,
  camera: true,
  captions: true,
  devices: { microphone: 'headset', camera: null, speaker: null },
  former: null,
};

/** Opens a session in a world where each way in gets a fresh fake room and, unless one is given, a fresh token. */
export function world(more: Partial<JoinOptions> = {}, transcript = transcriptRequests(), token?: string) {
  const rooms: FakeRoom[] = [];
  const requests: JoinRequest[] = [];
  let failing: Problem | null = null;
  let hanging = false;
  const session = new CallSession(
    'room',
    { ...options, ...more },
    {
      join: async (request): Promise<Joined> => {
        requests.push(request);
        await (hanging ? new Promise(() => {}) : Promise.resolve());
        // A token that is not believed is no matter for someone who shows none.
        if (failing && (failing.code !== 'token_invalid' || request.former)) throw failing;
        return {
          signal_url: 'ws://x',
          token: token ?? `token-${requests.length}`,
          identity: request.former?.identity ?? 'alice',
        };
      },
      transcript,
      openLink: async () => {
        const room = new FakeRoom();
        rooms.push(room);
        return room;
      },
    },
  );
  session.start();
  return {
    session,
    rooms,
    requests,
    room: () => rooms.at(-1) as FakeRoom,
    phase: () => session.connection.view().kind,
    view: () => viewOf(session),
    serverDies: () => {
      failing = new Problem('unreachable', 0, '');
    },
    serverHangs: () => {
      hanging = true;
    },
    serverRefuses: (code: string, status: number) => {
      failing = new Problem(code, status, '');
    },
    serverReturns: () => {
      failing = null;
      hanging = false;
    },
  };
}

export const settle = () => vi.advanceTimersByTimeAsync(0);

/** All parts in one, for a test to look at. */
function viewOf(session: CallSession) {
  const { connection, people, media, captions, notices, transcript, share } = session;
  return {
    phase: connection.view(),
    ...people.view(),
    ...media.view(),
    captions: captions.view(),
    notices: notices.view(),
    transcript: transcript.view(),
    sharing: share.view(),
  };
}
