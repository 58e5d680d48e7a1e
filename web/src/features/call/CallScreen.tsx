/** The call itself: stage, captions, bar and at most one panel; the words around it stay out of its way. */
import { useCallback, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePageTitle } from '../../page-title';
import { ControlBar } from './bar/ControlBar';
import { TopBar } from './bar/TopBar';
import styles from './CallScreen.module.css';
import { CaptionArea } from './captions/CaptionArea';
import { useCaptionsRefusal } from './captions/use-offer';
import { ShortcutHelp } from './keys/ShortcutHelp';
import { useCallKeys } from './keys/use-call-keys';
import { Announcer } from './notices/Announcer';
import { NoticeBar } from './notices/NoticeBar';
import { ReconnectBar } from './notices/ReconnectBar';
import { PanelHost } from './panels/PanelHost';
import { TranscriptQuestion } from './panels/transcript/TranscriptQuestion';
import { useBackCloses } from './panels/use-back';
import { useCallPreferences } from './settings/use-call-preferences';
import { JoiningNote } from './stage/JoiningNote';
import { Sounds } from './stage/Sounds';
import { Stage } from './stage/Stage';
import { useWakeLock } from './stage/use-wake-lock';
import { usePart, useSession } from './use-call';
import { useMedia } from './use-media';

/** Where a panel is a sheet over everything; `Panel.module.css` says the same. */
const PANEL_IS_SHEET = '(max-width: 760px)';

interface CallScreenProps {
  roomName: string;
  /** Who comes first is asked whether to keep a transcript. */
  asksForTranscript: boolean;
}

export function CallScreen({ roomName, asksForTranscript }: CallScreenProps) {
  const { t } = useTranslation();
  const session = useSession();
  const [panel, setPanel] = useState<string | null>(null);
  const [helpOpen, setHelpOpen] = useState(false);
  const isJoining = usePart(session.connection, (phase) => phase.kind === 'joining');
  const captionsOn = usePart(session.captions, ({ on }) => on);
  const preferences = useCallPreferences(captionsOn);
  const screen = useRef<HTMLDivElement>(null);
  const refusal = useCaptionsRefusal();
  usePageTitle(roomName || t('common.unnamedRoom'));
  useWakeLock();

  const togglePanel = useCallback((kind: string) => setPanel((open) => (open === kind ? null : kind)), []);
  const openPanel = useCallback((kind: string) => setPanel(kind), []);
  const closePanel = useCallback(() => setPanel(null), []);
  const openHelp = useCallback(() => setHelpOpen(true), []);
  useCallKeys(screen, { session, togglePanel, closePanel, openHelp, isOpen: panel !== null });

  const isCovered = useMedia(PANEL_IS_SHEET) && panel !== null;
  useBackCloses(isCovered, closePanel);
  return (
    <div ref={screen} className={styles.call} data-theme="dark" data-panel={panel ?? 'none'}>
      <div className={styles.behind} inert={isCovered}>
        <TopBar roomName={roomName} openPanel={openPanel} />
        <NoticeBar />
        {asksForTranscript && !isJoining && <TranscriptQuestion />}
        <main className={styles.stage} aria-label={t('call.stage')} tabIndex={-1} data-region="stage">
          {isJoining ? <JoiningNote /> : <Stage selfHidden={preferences.selfHidden} />}
          <ReconnectBar />
        </main>
        {captionsOn && refusal === null && !isJoining && <CaptionArea look={preferences.captionLook} />}
        <ControlBar
          refusal={refusal}
          panel={panel}
          togglePanel={togglePanel}
          openPanel={openPanel}
          openHelp={openHelp}
          preferences={preferences}
        />
      </div>
      <PanelHost kind={panel} onClose={closePanel} />
      <Sounds />
      <Announcer captionsAloud={preferences.captionsAloud} />
      <ShortcutHelp isOpen={helpOpen} onClose={() => setHelpOpen(false)} />
    </div>
  );
}
