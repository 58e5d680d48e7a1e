/** One quiet line above the stage: which meeting this is, that its words are kept, and how to bring others. */
import { NotebookText } from 'lucide-react';
import { Button as AriaButton } from 'react-aria-components/Button';
import { useTranslation } from 'react-i18next';
import { transcriptPath } from '../../../paths';
import { ButtonLink } from '../../../ui/Button';
import { Flyout } from '../../../ui/Flyout';
import { useArrival } from '../../../ui/use-arrival';
import { usePart, useSession, whole } from '../use-call';
import { MeetingInfo } from './MeetingInfo';
import styles from './TopBar.module.css';

interface TopBarProps {
  roomName: string;
  transcribed: boolean;
}

export function TopBar({ roomName, transcribed }: TopBarProps) {
  const { t } = useTranslation();
  const session = useSession();
  const transcript = usePart(session.transcript, whole);
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
              <span>{t('call.transcriptBadge')}</span>
            </AriaButton>
          }
        >
          <p className={styles.explained}>{t('call.transcriptExplained')}</p>
          {transcript !== null && (
            <ButtonLink weight="quiet" href={transcriptPath(transcript)} target="_blank">
              {t('call.transcriptOpen')}
            </ButtonLink>
          )}
        </Flyout>
      )}
    </header>
  );
}
