/** The transcript while it is being written, or the offer to begin one. */
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { interruptedSince } from '../../../../call/connection';
import { usePart, useSession, whole } from '../../use-call';
import { Panel } from '../Panel';
import styles from '../Panel.module.css';
import { KeepTranscript } from './KeepTranscript';
import { TranscriptSoFar } from './TranscriptSoFar';

export function TranscriptPanel({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const session = useSession();
  const { code, kept } = usePart(session.transcript, whole);
  const captions = usePart(session.captions, ({ lines }) => lines);
  const interruptions = useInterruptions();
  const token = session.connection.former?.token;
  if (code !== null && token !== undefined)
    return (
      <TranscriptSoFar
        transcript={code}
        token={token}
        kept={kept}
        captions={captions}
        interruptions={interruptions}
        onClose={onClose}
      />
    );
  return (
    <Panel kind="transcript" title={t('call.transcript')} onClose={onClose}>
      <p className={styles.empty}>{t(kept ? 'common.loading' : 'call.transcriptOffer')}</p>
      <KeepTranscript />
    </Panel>
  );
}

/** How often the connection was interrupted and came back while the panel was open. */
function useInterruptions(): number {
  const since = usePart(useSession().connection, interruptedSince);
  const [seen, setSeen] = useState({ since, count: 0 });
  if (since !== seen.since) setSeen({ since, count: seen.count + (since === null ? 1 : 0) });
  return seen.count;
}
