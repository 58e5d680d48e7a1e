/** One quiet line above the stage: which meeting this is, that its words are kept, and how to bring others. */
import { NotebookText } from 'lucide-react';
import { Button as AriaButton } from 'react-aria-components/Button';
import { useTranslation } from 'react-i18next';
import { Flyout } from '../../../ui/Flyout';
import { useArrival } from '../../../ui/use-arrival';
import { usePart, useSession } from '../use-call';
import { MeetingInfo } from './MeetingInfo';
import styles from './TopBar.module.css';

export function TopBar({ roomName }: { roomName: string }) {
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
              <span>{t('call.transcriptBadge')}</span>
            </AriaButton>
          }
        >
          <p className={styles.explained}>{t('call.transcriptExplained')}</p>
        </Flyout>
      )}
    </header>
  );
}
