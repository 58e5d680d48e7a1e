/** Asks who comes first whether to keep a transcript, where the room or the server wants it asked. */
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../../../ui/Button';
import { usePart, useSession } from '../../use-call';
import { TRANSCRIPT } from './entry';
import { KeepTranscript } from './KeepTranscript';
import styles from './TranscriptQuestion.module.css';

export function TranscriptQuestion() {
  const { t } = useTranslation();
  const session = useSession();
  const isAlone = usePart(session.people, ({ people }) => people.length <= 1);
  const kept = usePart(session.transcript, (transcript) => transcript.kept);
  // Only once: who is alone later because the others have left was asked, or was not first.
  const [isOpen, setIsOpen] = useState(isAlone);
  const isOffered = TRANSCRIPT.useIsOffered();
  if (!isOpen || kept || !isOffered) return null;
  return (
    <section className={styles.question} aria-label={t('call.transcript')} data-testid="transcript-question">
      <p>{t('call.transcriptQuestion')}</p>
      <div className={styles.answers}>
        <KeepTranscript />
        <Button weight="quiet" onPress={() => setIsOpen(false)} data-testid="transcript-not-now">
          {t('call.transcriptNotNow')}
        </Button>
      </div>
    </section>
  );
}
