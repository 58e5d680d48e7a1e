/** The call itself: stage, captions, bar and at most one panel; the words around it stay out of its way. */
import { useCallback, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useConfig } from '../../api/use-config';
import { brokenSince, type CallView, selfOf } from '../../call/call-view';
import type { CallSession } from '../../call/session';
import { usePageTitle } from '../../page-title';
import { ControlBar, type PanelKind } from './bar/ControlBar';
import { TopBar } from './bar/TopBar';
import styles from './CallScreen.module.css';
import { CaptionArea } from './captions/CaptionArea';
import { ShortcutHelp } from './keys/ShortcutHelp';
import { useCallKeys } from './keys/use-call-keys';
import { Announcer } from './notices/Announcer';
import { NoticeBar } from './notices/NoticeBar';
import { ReconnectBar } from './notices/ReconnectBar';
import { PeoplePanel } from './panels/people/PeoplePanel';
import { TranscriptPanel } from './panels/transcript/TranscriptPanel';
import { useBackCloses } from './panels/use-back';
import { useCallPreferences } from './settings/use-call-preferences';
import { JoiningNote } from './stage/JoiningNote';
import { Sounds } from './stage/Sounds';
import { Stage } from './stage/Stage';
import { useWakeLock } from './stage/use-wake-lock';
import { useMedia } from './use-media';

/** Where a panel is a sheet over everything; `Panel.module.css` says the same. */
const PANEL_IS_SHEET = '(max-width: 760px)';

interface CallScreenProps {
  session: CallSession;
  call: CallView;
  roomName: string;
  transcribed: boolean;
}

export function CallScreen({ session, call, roomName, transcribed }: CallScreenProps) {
  const { t } = useTranslation();
  const [panel, setPanel] = useState<PanelKind | null>(null);
  const [helpOpen, setHelpOpen] = useState(false);
  const preferences = useCallPreferences(call.captionsOn);
  const screen = useRef<HTMLDivElement>(null);
  // A promise that the server cannot keep is not shown.
  const recognition = useConfig()?.captions.available !== false;
  usePageTitle(roomName || t('common.unnamedRoom'));
  useWakeLock();

  const togglePanel = useCallback((kind: PanelKind) => setPanel((open) => (open === kind ? null : kind)), []);
  const closePanel = useCallback(() => setPanel(null), []);
  useCallKeys(screen, {
    session,
    togglePanel,
    closePanel,
    openHelp: () => setHelpOpen(true),
    isOpen: panel !== null,
  });

  const isCovered = useMedia(PANEL_IS_SHEET) && panel !== null;
  useBackCloses(isCovered, closePanel);
  const joining = call.phase.kind === 'joining';
  return (
    <div ref={screen} className={styles.call} data-theme="dark" data-panel={panel ?? 'none'}>
      <div className={styles.behind} inert={isCovered}>
        <TopBar
          roomName={roomName}
          transcribed={transcribed && recognition}
          code={session.code}
          transcript={call.transcript}
        />
        <NoticeBar call={call} session={session} />
        <main className={styles.stage} aria-label={t('call.stage')} tabIndex={-1} data-region="stage">
          {joining ? (
            <JoiningNote phase={call.phase} />
          ) : (
            <Stage call={call} code={session.code} selfHidden={preferences.selfHidden} />
          )}
          <ReconnectBar since={brokenSince(call.phase)} onRetry={() => session.retryNow()} />
        </main>
        {call.captionsOn && !joining && (
          <CaptionArea
            captions={call.captions}
            transcribed={transcribed}
            isLate={call.captionsLate}
            isLarge={preferences.captionsLarge}
          />
        )}
        <ControlBar
          session={session}
          call={call}
          sharing={selfOf(call)?.screen != null}
          panel={panel}
          togglePanel={togglePanel}
          openHelp={() => setHelpOpen(true)}
          preferences={preferences}
          hasTranscript={call.transcript !== null}
        />
      </div>
      {panel === 'people' && <PeoplePanel people={call.people} code={session.code} onClose={closePanel} />}
      {panel === 'transcript' && call.transcript !== null && (
        <TranscriptPanel transcript={call.transcript} captions={call.captions} onClose={closePanel} />
      )}
      <Sounds people={call.people} />
      <Announcer call={call} captionsAloud={preferences.captionsAloud} />
      <ShortcutHelp isOpen={helpOpen} onClose={() => setHelpOpen(false)} />
    </div>
  );
}
