/** The call in whichever phase it is: on stage, ended by someone or something, or left. */
import { useEffect, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import type { RoomState } from '../../api/requests';
import type { CallView } from '../../call/call-view';
import type { CallSession, Wishes } from '../../call/session';
import { rememberedDevices } from '../../me/preferences';
import { rememberRoom } from '../../me/recent-rooms';
import { transcriptPath } from '../../paths';
import { ButtonLink } from '../../ui/Button';
import { ErrorScreen } from '../errors/ErrorScreen';
import { GoodbyePage } from '../goodbye/GoodbyePage';
import { CallScreen } from './CallScreen';

interface CallPageProps {
  session: CallSession;
  room: RoomState | undefined;
  onRejoin: (wishes: Wishes) => void;
  /** Back before the door, to be named anew. */
  onBack: () => void;
}

export function CallPage({ session, room, onRejoin, onBack }: CallPageProps) {
  const { t } = useTranslation();
  const call = useSyncExternalStore(session.subscribe, session.view);
  const roomName = room?.name ?? '';
  const { transcript, phase } = call;
  useEffect(() => {
    if (phase.kind === 'live')
      rememberRoom({ code: session.code, name: roomName, at: Date.now(), transcript });
  }, [phase.kind, session.code, roomName, transcript]);
  useReturnOfNetwork(session);

  const rejoin = () => onRejoin(wishesOf(session, call));
  if (phase.kind === 'left')
    return <GoodbyePage roomName={roomName} transcript={transcript} onRejoin={rejoin} />;
  if (phase.kind === 'over') {
    const again = phase.ending === 'elsewhere' || phase.ending === 'refused' ? rejoin : undefined;
    return (
      <ErrorScreen kind={phase.ending} onRetry={phase.ending === 'name-refused' ? onBack : again}>
        {transcript !== null && (
          <ButtonLink href={transcriptPath(transcript)}>{t('goodbye.transcript')}</ButtonLink>
        )}
      </ErrorScreen>
    );
  }
  return (
    <CallScreen session={session} call={call} roomName={roomName} transcribed={room?.transcription ?? true} />
  );
}

/** Back in as one was last, but as a new person: the seat was given up. */
function wishesOf(session: CallSession, call: CallView): Wishes {
  const { language, microphoneOn, cameraOn, captionsOn } = call;
  return {
    name: session.wishes.name,
    devices: rememberedDevices(),
    language,
    microphone: microphoneOn,
    camera: cameraOn,
    captions: captionsOn,
    former: null,
  };
}

function useReturnOfNetwork(session: CallSession): void {
  useEffect(() => {
    const retry = () => session.networkReturned();
    window.addEventListener('online', retry);
    return () => window.removeEventListener('online', retry);
  }, [session]);
}
