/** What was said in a meeting, to read, search, copy and take along; grows while the meeting goes on. */
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '../../api/problem';
import { getTranscript, type Transcript } from '../../api/requests';
import { useCodeInPath } from '../../code-in-path';
import { regionalLocale } from '../../i18n/region';
import { usePageTitle } from '../../page-title';
import { transcriptPath } from '../../paths';
import { Page } from '../../ui/Page';
import { useArrival } from '../../ui/use-arrival';
import { AwaitedPage } from '../errors/AwaitedPage';
import { ErrorScreen } from '../errors/ErrorScreen';
import { DeleteTranscript } from './DeleteTranscript';
import { ParagraphView } from './ParagraphView';
import { paragraphsOf } from './paragraphs';
import { SpeakerNav } from './SpeakerNav';
import { paragraphsWith } from './search';
import { Toolbox } from './Toolbox';
import styles from './TranscriptPage.module.css';
import { meetingDate } from './times';

/** While a meeting goes on, new lines appear without being asked for. */
const REFRESH_MS = 3_000;
/** A meeting ends 20 s after the last one left, and who leaves last wants to read. */
const GOES_ON_REFRESH_MS = 5_000;

export default function TranscriptPage() {
  const code = useCodeInPath(transcriptPath);
  return code === null ? <ErrorScreen kind="transcript-not-found" /> : <TranscriptByCode code={code} />;
}

function TranscriptByCode({ code }: { code: string }) {
  const query = useQuery({
    queryKey: ['transcript', code],
    queryFn: () => getTranscript(code),
    refetchInterval: ({ state }) => refreshAfter(state.data, state.error),
  });
  const [isDeleted, setIsDeleted] = useState(false);
  if (isDeleted) return <ErrorScreen kind="transcript-deleted" />;
  if (query.data)
    return <TranscriptView code={code} transcript={query.data} onDeleted={() => setIsDeleted(true)} />;
  if (query.isError && goesOn(query.error)) return <ErrorScreen kind="transcript-not-yet" />;
  const isMissing = query.isError && !asProblem(query.error).passing;
  return isMissing ? <ErrorScreen kind="transcript-not-found" /> : <AwaitedPage query={query} />;
}

/** Until its meeting is over, a transcript is read in the meeting alone. */
const goesOn = (error: Error | null) => error !== null && asProblem(error).code === 'meeting_goes_on';

/** Without an answer there is nothing that could grow: asking again would only make the page flicker. */
function refreshAfter(transcript: Transcript | undefined, error: Error | null): number | false {
  if (transcript === undefined) return goesOn(error) ? GOES_ON_REFRESH_MS : false;
  return transcript.ended_at == null ? REFRESH_MS : false;
}

interface TranscriptViewProps {
  code: string;
  transcript: Transcript;
  onDeleted: () => void;
}

function TranscriptView({ code, transcript, onDeleted }: TranscriptViewProps) {
  const { t, i18n } = useTranslation();
  const [wanted, setWanted] = useState('');
  const paragraphs = useMemo(() => paragraphsOf(transcript.lines), [transcript.lines]);
  const found = useMemo(() => paragraphsWith(paragraphs, wanted), [paragraphs, wanted]);
  const roomName = transcript.room_name || t('common.unnamedRoom');
  const heading = useArrival<HTMLHeadingElement>();
  usePageTitle(t('transcript.of', { room: roomName }));
  const endedAt = transcript.ended_at ?? null;
  return (
    <Page>
      <header className={styles.head}>
        <p className={styles.kind}>{t('transcript.title')}</p>
        <h1 ref={heading} tabIndex={-1} className={styles.title} dir="auto">
          {roomName}
        </h1>
        <p className={styles.date}>
          {meetingDate(transcript.started_at, endedAt, regionalLocale(i18n.language))}
          {endedAt === null && <span className={styles.live}>{t('transcript.live')}</span>}
          {' · '}
          {t('transcript.reads', { count: transcript.reads })}
        </p>
      </header>
      {paragraphs.length === 0 ? (
        <p className={styles.empty} data-testid="transcript-empty">
          {t(endedAt === null ? 'transcript.emptyLive' : 'transcript.empty')}
        </p>
      ) : (
        <>
          <Toolbox
            code={code}
            paragraphs={paragraphs}
            wanted={wanted}
            onSearch={setWanted}
            found={found.length}
          />
          <div className={styles.columns}>
            <SpeakerNav paragraphs={found} />
            <article className={styles.text} aria-label={t('transcript.title')}>
              {found.length === 0 && <p className={styles.empty}>{t('transcript.nothingFound')}</p>}
              {found.map((paragraph) => (
                <ParagraphView key={paragraph.id} paragraph={paragraph} wanted={wanted} />
              ))}
            </article>
          </div>
        </>
      )}
      <DeleteTranscript code={code} isOver={endedAt !== null} onDeleted={onDeleted} />
    </Page>
  );
}
