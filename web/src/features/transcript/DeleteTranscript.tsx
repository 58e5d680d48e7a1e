/** Deletes a transcript for everybody; offered in the browser that started it, once its meeting is over. */
import { useMutation } from '@tanstack/react-query';
import { Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '../../api/problem';
import { deleteTranscript } from '../../api/requests';
import { deletionCodeOf, forgetDeletion } from '../../me/deletion-codes';
import { Button } from '../../ui/Button';
import { Modal } from '../../ui/Modal';
import { Notice } from '../../ui/Notice';
import { useProblemWords } from '../errors/problem-words';
import styles from './TranscriptPage.module.css';

interface DeleteTranscriptProps {
  code: string;
  isOver: boolean;
  onDeleted: () => void;
}

export function DeleteTranscript({ code, isOver, onDeleted }: DeleteTranscriptProps) {
  const { t } = useTranslation();
  const problemWords = useProblemWords();
  const [isAsking, setIsAsking] = useState(false);
  const deletionCode = deletionCodeOf(code);
  const deletion = useMutation({
    mutationFn: deleteTranscript,
    onSuccess: () => {
      forgetDeletion(code);
      onDeleted();
    },
  });
  if (deletionCode === null || !isOver) return null;
  return (
    <div className={styles.deletion}>
      <Button weight="quiet" icon={Trash2} onPress={() => setIsAsking(true)} data-testid="transcript-delete">
        {t('transcript.delete')}
      </Button>
      <Modal title={t('transcript.delete')} isOpen={isAsking} onClose={() => setIsAsking(false)}>
        <p>{t('transcript.deleteAsk')}</p>
        {deletion.isError && (
          <div role="alert">
            <Notice tone="warning">{problemWords(asProblem(deletion.error))}</Notice>
          </div>
        )}
        <div className={styles.deletionAnswers}>
          <Button onPress={() => setIsAsking(false)}>{t('transcript.keep')}</Button>
          <Button
            weight="danger"
            isDisabled={deletion.isPending}
            onPress={() => deletion.mutate(deletionCode)}
            data-testid="transcript-delete-now"
          >
            {t('transcript.delete')}
          </Button>
        </div>
      </Modal>
    </div>
  );
}
