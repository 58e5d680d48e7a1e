/** On the way in: a moment of waiting, or why it takes longer and that the client keeps trying. */
import { useTranslation } from 'react-i18next';
import type { Phase } from '../../../call/call-view';
import { Notice } from '../../../ui/Notice';
import { Waiting } from '../../../ui/Waiting';
import { useProblemWords } from '../../errors/problem-words';
import styles from './JoiningNote.module.css';

export function JoiningNote({ phase }: { phase: Phase }) {
  const { t } = useTranslation();
  const problemWords = useProblemWords();
  const problem = phase.kind === 'joining' ? phase.problem : null;
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
