/** The transcript while it is being written: what is kept so far, and below it what is being said. */
import { useQuery } from '@tanstack/react-query';
import { type CSSProperties, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { getTranscript } from '../../api/requests';
import type { CaptionLine } from '../../call/captions';
import { transcriptPath } from '../../routes';
import { ButtonLink } from '../../ui/Button';
import { voiceOf } from '../../ui/voice';
import { type Paragraph, paragraphsOf } from '../transcript/paragraphs';
import { clockTime } from '../transcript/times';
import { Panel } from './Panel';
import styles from './Panel.module.css';

interface TranscriptPanelProps {
  transcript: string;
  captions: readonly CaptionLine[];
  onClose: () => void;
}

export function TranscriptPanel({ transcript, captions, onClose }: TranscriptPanelProps) {
  const { t } = useTranslation();
  const settled = captions.filter((caption) => caption.final).length;
  // A final caption is in the database before it is shown: each one is worth a fresh look.
  const query = useQuery({
    queryKey: ['transcript', transcript, settled],
    queryFn: () => getTranscript(transcript),
    placeholderData: (before) => before,
  });
  const paragraphs = paragraphsOf(query.data?.lines ?? []);
  const open = captions.filter((caption) => !caption.final);
  const end = useRef<HTMLDivElement>(null);
  const length = paragraphs.length + open.length + settled;
  useEffect(() => {
    if (length > 0) end.current?.scrollIntoView?.({ block: 'end' });
  }, [length]);
  return (
    <Panel title={t('call.transcript')} onClose={onClose} testId="transcript-panel">
      {paragraphs.length + open.length === 0 && <p className={styles.empty}>{t('transcript.emptyLive')}</p>}
      {paragraphs.map((paragraph) => (
        <Entry key={paragraph.id} paragraph={paragraph} />
      ))}
      {open.map((caption) => (
        <p key={caption.segment} className={`${styles.entry} ${styles.partial}`}>
          <b>{caption.name}</b> {caption.text} …
        </p>
      ))}
      <ButtonLink weight="quiet" href={transcriptPath(transcript)} target="_blank">
        {t('call.transcriptOpen')}
      </ButtonLink>
      <div ref={end} />
    </Panel>
  );
}

function Entry({ paragraph }: { paragraph: Paragraph }) {
  const { t, i18n } = useTranslation();
  const voice = { '--voice': `var(--voice-${voiceOf(paragraph.speaker.identity)})` } as CSSProperties;
  return (
    <div className={styles.entry} style={voice}>
      <p>
        <span className={styles.entryName}>{paragraph.speaker.name || t('common.unnamedPerson')}</span>
        <span className={styles.entryTime}>{clockTime(paragraph.startedAt, i18n.language)}</span>
      </p>
      <p>{paragraph.text}</p>
    </div>
  );
}
