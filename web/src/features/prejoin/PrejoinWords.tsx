/** What is said before the door: where it leads, who is inside, what is kept there, and how one will enter. */
import { NotebookText } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { RoomState } from '../../api/requests';
import { useConfig } from '../../api/use-config';
import { Notice } from '../../ui/Notice';
import styles from './PrejoinPage.module.css';

export function RoomHead({ room }: { room: RoomState }) {
  const { t } = useTranslation();
  const name = room.name || t('common.unnamedRoom');
  return (
    <div>
      <h1 className={styles.title} title={name} dir="auto">
        {name}
      </h1>
      <p className={styles.who}>{t('prejoin.present', { count: room.participants })}</p>
    </div>
  );
}

export function TranscriptNotice() {
  const { t } = useTranslation();
  const isHeard = useConfig()?.captions.available !== false;
  return (
    <Notice icon={NotebookText} title={t(isHeard ? 'prejoin.transcribed' : 'prejoin.untranscribed')}>
      {t(isHeard ? 'prejoin.transcribedText' : 'prejoin.untranscribedText')}
    </Notice>
  );
}

/** How one will enter, in words: icons on a busy picture are easily missed. */
export function JoinState({ microphone, camera }: { microphone: boolean; camera: boolean }) {
  const { t } = useTranslation();
  const words = microphone
    ? camera
      ? t('prejoin.withBoth')
      : t('prejoin.withMicrophone')
    : camera
      ? t('prejoin.withCamera')
      : t('prejoin.withNothing');
  return (
    <p className={styles.state} role="status">
      {words}
    </p>
  );
}
