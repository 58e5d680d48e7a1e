/** The call in whichever phase it is: on stage, ended by someone or something, or left. */
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import type { RoomState } from '../../api/requests';
import type { CallSession, JoinOptions } from '../../call/session';
import { rememberedDevices } from '../../me/preferences';
import { rememberRoom } from '../../me/recent-rooms';
import { transcriptPath } from '../../paths';
import { ButtonLink } from '../../ui/Button';
import { ErrorScreen } from '../errors/ErrorScreen';
import { GoodbyePage } from '../goodbye/GoodbyePage';
import { CallScreen } from './CallScreen';
import { SessionContext, usePart } from './use-call';

interface CallPageProps {
  session: CallSession;
  room: RoomState | undefined;
  onRejoin: (options: JoinOptions) => void;
  /** Back before the door, to be named again. */
  onBack: () => void;
}

export function CallPage({ session, room, onRejoin, onBack }: CallPageProps) {
  const { t } = useTranslation();
  const kind = usePart(session.connection, (phase) => phase.kind);
  const ending = usePart(session.connection, (phase) => (phase.kind === 'over' ? phase.ending : null));
  const transcript = usePart(session.transcript, ({ code }) => code);
  const roomName = room?.name ?? '';
  useEffect(() => {
    if (kind === 'live') rememberRoom({ code: session.code, name: roomName, at: Date.now(), transcript });
  }, [kind, session.code, roomName, transcript]);
  useReturnOfNetwork(session);

  const rejoin = () => onRejoin(optionsOf(session));
  if (kind === 'left') return <GoodbyePage roomName={roomName} transcript={transcript} onRejoin={rejoin} />;
  if (ending !== null) {
    const again = ending === 'elsewhere' || ending === 'refused' ? rejoin : undefined;
    return (
      <ErrorScreen kind={ending} onRetry={ending === 'name-refused' ? onBack : again}>
        {transcript !== null && (
          <ButtonLink href={transcriptPath(transcript)}>{t('goodbye.transcript')}</ButtonLink>
        )}
      </ErrorScreen>
    );
  }
  return (
    <SessionContext value={session}>
      <CallScreen roomName={roomName} asksForTranscript={room?.transcript === 'ask'} />
    </SessionContext>
  );
}

/** Back in as one was last, but as a new person: who one was ended with the call. */
function optionsOf(session: CallSession): JoinOptions {
  const { microphoneOn, cameraOn } = session.media.view();
  const { on, language } = session.captions.view();
  return {
    name: session.options.name,
    devices: rememberedDevices(),
    language,
    microphone: microphoneOn,
    camera: cameraOn,
    captions: on,
    former: null,
  };
}

function useReturnOfNetwork(session: CallSession): void {
  useEffect(() => {
    const retry = () => session.connection.send({ kind: 'network-returned' });
    window.addEventListener('online', retry);
    return () => window.removeEventListener('online', retry);
  }, [session]);
}
