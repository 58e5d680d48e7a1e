/** What is kept so far, and below it what is being said. */
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { CaptionLine } from '../../../../call/captions/captions';
import { paragraphsOf } from '../../../transcript/paragraphs';
import { useLookalikes } from '../../people/use-lookalikes';
import { Panel } from '../Panel';
import styles from '../Panel.module.css';
import { Entry, OpenEntry } from './Entry';
import { KeepTranscript } from './KeepTranscript';
import { useFollowEnd } from './use-follow-end';
import { useKeptLines } from './use-kept-lines';

interface TranscriptSoFarProps {
  transcript: string;
  token: string;
  /** It may have been stopped: then what is said now is not in it. */
  kept: boolean;
  captions: readonly CaptionLine[];
  interruptions: number;
  onClose: () => void;
}

export function TranscriptSoFar(props: TranscriptSoFarProps) {
  const { transcript, token, kept, captions, interruptions, onClose } = props;
  const { t } = useTranslation();
  const { lines, open } = useKeptLines({ transcript, token, kept, captions, interruptions });
  const paragraphs = paragraphsOf(lines);
  const lookalikes = useLookalikes(captions);
  const body = useRef<HTMLDivElement>(null);
  useFollowEnd(body);
  return (
    <Panel kind="transcript" title={t('call.transcript')} onClose={onClose} bodyRef={body}>
      {kept && paragraphs.length + open.length === 0 && (
        <p className={styles.empty}>{t('transcript.emptyLive')}</p>
      )}
      {paragraphs.map((paragraph) => (
        <Entry
          key={paragraph.id}
          paragraph={paragraph}
          isLookalike={lookalikes.has(paragraph.speaker.identity)}
        />
      ))}
      {open.map((caption) => (
        <OpenEntry key={`${caption.identity} ${caption.segment}`} caption={caption} />
      ))}
      {!kept && <p className={styles.empty}>{t('call.transcriptStopped')}</p>}
      <KeepTranscript />
    </Panel>
  );
}
