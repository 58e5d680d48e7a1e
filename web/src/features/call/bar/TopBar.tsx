/** One quiet line above the stage: which meeting this is, that its words are kept, and how to bring others. */
import { NotebookText } from 'lucide-react';
import { Button as AriaButton } from 'react-aria-components/Button';
import { useTranslation } from 'react-i18next';
import { Flyout } from '../../../ui/Flyout';
import { useArrival } from '../../../ui/use-arrival';
import { OpenTranscript } from '../panels/transcript/OpenTranscript';
import { usePart, useSession } from '../use-call';
import { MeetingInfo } from './MeetingInfo';
import styles from './TopBar.module.css';

interface TopBarProps {
  roomName: string;
  openPanel: (kind: string) => void;
}

export function TopBar({ roomName, openPanel }: TopBarProps) {
  const { t } = useTranslation();
  const session = useSession();
  const transcribed = usePart(session.transcript, ({ kept }) => kept);
  const heading = useArrival<HTMLHeadingElement>();
  return (
    <header className={styles.top}>
      <h1 ref={heading} tabIndex={-1} className={styles.name} dir="auto">
        {roomName || t('common.unnamedRoom')}
      </h1>
      <MeetingInfo roomName={roomName} />
      {transcribed && (
        <Flyout
          isDark
          title={t('call.transcriptKept')}
          trigger={
            <AriaButton className={styles.badge ?? ''} data-testid="call-transcript-badge">
              <NotebookText size={16} aria-hidden />
              <span className={styles.badgeWords}>{t('call.transcriptBadge')}</span>
              <span className={styles.badgeWord} aria-hidden>
                {t('call.transcript')}
              </span>
            </AriaButton>
          }
        >
          <p className={styles.explained}>{t('call.transcriptExplained')}</p>
          <OpenTranscript openPanel={openPanel} />
        </Flyout>
      )}
    </header>
  );
}
