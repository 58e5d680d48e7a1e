/** One room's address from the pre-join screen through the call to the goodbye. */
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { asProblem } from '../../api/problem';
import { currentTranscript, getRoom, joinRoom, startTranscript, stopTranscript } from '../../api/requests';
import { navigationType } from '../../browser/navigation';
import { attend } from '../../call/attendance';
import type { SessionDeps } from '../../call/connector';
import { sessionAfterReload } from '../../call/saved-session';
import { CallSession, type JoinOptions } from '../../call/session';
import { holdTab } from '../../call/tabs';
import { useCodeInPath } from '../../code-in-path';
import { rememberDeletion } from '../../me/deletion-codes';
import { rememberedDevices } from '../../me/preferences';
import { roomPath } from '../../paths';
import { CallPage } from '../call/CallPage';
import { AwaitedPage } from '../errors/AwaitedPage';
import { missingCapability } from '../errors/capability';
import { ErrorScreen } from '../errors/ErrorScreen';
import { useOneTab } from './OtherTab';
import { PrejoinPage } from './PrejoinPage';

const REFRESH_MS = 5_000;

type OpenLink = SessionDeps['openLink'];

const openLiveKit: OpenLink = async () => (await import('../../call/livekit/room')).openLiveKitRoom();

export default function RoomPage({ openLink = openLiveKit }: { openLink?: OpenLink }) {
  const code = useCodeInPath(roomPath);
  if (missingCapability() === 'no-calls') return <ErrorScreen kind="no-calls" />;
  if (code === null) return <ErrorScreen kind="not-found" />;
  return <Room key={code} code={code} openLink={openLink} />;
}

function Room({ code, openLink }: { code: string; openLink: OpenLink }) {
  const [session, setSession] = useState(() => resumedSession(code, openLink));
  // Also when the browser's Back takes the screen away: nobody stays on air unseen.
  useEffect(() => (session ? attend(session) : undefined), [session]);
  useEffect(() => (session ? holdTab(session) : undefined), [session]);
  const enter = (options: JoinOptions) => setSession(newSession(code, options, openLink));
  const { join, question } = useOneTab(code, enter);
  const room = useQuery({
    queryKey: ['room', code],
    queryFn: () => getRoom(code),
    // Who is already there is worth knowing before joining; in the call the room itself tells.
    // A room that is not there is no news to wait for: asking again would only make the page flicker.
    refetchInterval: ({ state }) => (session || state.data === undefined ? false : REFRESH_MS),
  });
  if (session) {
    return (
      <>
        <CallPage session={session} room={room.data} onRejoin={join} onBack={() => setSession(null)} />
        {question}
      </>
    );
  }
  if (room.data)
    return (
      <>
        <PrejoinPage room={room.data} onJoin={join} />
        {question}
      </>
    );
  const isMissing = room.isError && asProblem(room.error).code === 'room_not_found';
  return isMissing ? <ErrorScreen kind="not-found" /> : <AwaitedPage query={room} />;
}

const TRANSCRIPT: SessionDeps['transcript'] = {
  current: currentTranscript,
  start: startTranscript,
  stop: stopTranscript,
  rememberDeletion,
};

function newSession(code: string, options: JoinOptions, openLink: OpenLink): CallSession {
  return new CallSession(code, options, { join: joinRoom, openLink, transcript: TRANSCRIPT });
}

/** Someone who reloads in a call is back in it without being asked anything. */
function resumedSession(code: string, openLink: OpenLink): CallSession | null {
  const saved = sessionAfterReload(code, navigationType());
  if (!saved) return null;
  const { identity, token, ...options } = saved;
  return newSession(
    code,
    { ...options, devices: rememberedDevices(), former: { identity, token } },
    openLink,
  );
}
