/** Leads from a surface over the call to the panel of the transcript; the surface closes. */
import { useTranslation } from 'react-i18next';
import { Button } from '../../../../ui/Button';
import { TRANSCRIPT } from './entry';

export function OpenTranscript({ openPanel }: { openPanel: (kind: string) => void }) {
  const { t } = useTranslation();
  return (
    <Button
      slot="close"
      icon={TRANSCRIPT.icon}
      onPress={() => openPanel(TRANSCRIPT.kind)}
      data-testid="transcript-open"
    >
      {t('call.transcriptOpen')}
    </Button>
  );
}
