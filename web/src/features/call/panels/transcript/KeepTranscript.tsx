/** Starts and stops the transcript, and says why that did not work. */
import { CircleStop, NotebookPen } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../../../ui/Button';
import { Notice } from '../../../../ui/Notice';
import { useProblemWords } from '../../../errors/problem-words';
import { usePart, useSession, whole } from '../../use-call';

export function KeepTranscript() {
  const { t } = useTranslation();
  const problemWords = useProblemWords();
  const { transcript } = useSession();
  const { kept, isChanging, problem } = usePart(transcript, whole);
  return (
    <>
      <Button
        weight={kept ? 'secondary' : 'primary'}
        icon={kept ? CircleStop : NotebookPen}
        isDisabled={isChanging}
        onPress={() => void (kept ? transcript.stop() : transcript.start())}
        data-testid={kept ? 'transcript-stop' : 'transcript-start'}
      >
        {t(kept ? 'call.transcriptStop' : 'call.transcriptStart')}
      </Button>
      {problem && (
        <div role="alert">
          <Notice tone="warning">{problemWords(problem)}</Notice>
        </div>
      )}
    </>
  );
}
