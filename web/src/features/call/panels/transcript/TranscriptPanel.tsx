/** The transcript while it is being written: what is kept so far, and below it what is being said. */
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CaptionLine } from '../../../../call/captions/captions';
import { interruptedSince } from '../../../../call/connection';
import { regionalLocale } from '../../../../i18n/region';
import { speakerColour } from '../../../../ui/speaker-colour';
import { type Paragraph, paragraphsOf } from '../../../transcript/paragraphs';
import { clockTime } from '../../../transcript/times';
import { CaptionText } from '../../captions/CaptionText';
import { LookalikeMark } from '../../people/LookalikeMark';
import { useLookalikes } from '../../people/use-lookalikes';
import { usePart, useSession, whole } from '../../use-call';
import { Panel } from '../Panel';
import styles from '../Panel.module.css';
import { KeepTranscript } from './KeepTranscript';
import { useFollowEnd } from './use-follow-end';
import { useKeptLines } from './use-kept-lines';

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

function Entry({ paragraph, isLookalike }: { paragraph: Paragraph; isLookalike: boolean }) {
  const { i18n } = useTranslation();
  const { speaker, startedAt, language, text } = paragraph;
  return (
    <div className={styles.entry} style={speakerColour(speaker.identity)}>
      <p>
        <SpeakerName name={speaker.name} isLookalike={isLookalike} />
        <span className={styles.entryTime}>{clockTime(startedAt, regionalLocale(i18n.language))}</span>
      </p>
      <p lang={language} dir="auto">
        {text}
      </p>
    </div>
  );
}

function OpenEntry({ caption }: { caption: CaptionLine }) {
  return (
    <div className={styles.entry} style={speakerColour(caption.identity)}>
      <p>
        <SpeakerName name={caption.name} isLookalike={caption.isLookalike} />
      </p>
      <p>
        <CaptionText line={caption} />
      </p>
    </div>
  );
}

function SpeakerName({ name, isLookalike }: { name: string; isLookalike: boolean }) {
  const { t } = useTranslation();
  return (
    <>
      <span className={styles.entryName} dir="auto">
        {name || t('common.unnamedPerson')}
      </span>
      {isLookalike && <LookalikeMark />}
    </>
  );
}
