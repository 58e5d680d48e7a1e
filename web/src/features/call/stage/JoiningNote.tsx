/** On the way in: a moment of waiting, or why it takes longer and that the client keeps trying. */
import { useTranslation } from 'react-i18next';
import { Notice } from '../../../ui/Notice';
import { Waiting } from '../../../ui/Waiting';
import { useProblemWords } from '../../errors/problem-words';
import { usePart, useSession } from '../use-call';
import styles from './JoiningNote.module.css';

export function JoiningNote() {
  const { t } = useTranslation();
  const problemWords = useProblemWords();
  const problem = usePart(useSession().connection, (phase) =>
    phase.kind === 'joining' ? phase.problem : null,
  );
  return (
    <div className={styles.note}>
      <Waiting label={t('call.joining')} />
      {problem && (
        <Notice tone="warning">
          <p>{problemWords(problem)}</p>
          <p>{t('call.keepsTrying')}</p>
        </Notice>
      )}
    </div>
  );
}
