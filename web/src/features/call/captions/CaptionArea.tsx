/** Up to three lines of what is being said, in a strip of its own: it never covers a face or the bar. */
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useConfig } from '../../../api/use-config';
import { type CaptionLine, isQuiet, visibleCaptions } from '../../../call/captions/captions';
import { speakerColour } from '../../../ui/speaker-colour';
import { usePart, useSession } from '../use-call';
import styles from './CaptionArea.module.css';
import { CaptionText } from './CaptionText';
import { useNow } from './use-now';

const FADE_CHECK_MS = 500;

interface CaptionAreaProps {
  transcribed: boolean;
  isLarge: boolean;
}

export function CaptionArea({ transcribed, isLarge }: CaptionAreaProps) {
  const { t } = useTranslation();
  const session = useSession();
  const captions = usePart(session.captions, ({ lines }) => lines);
  const isLate = usePart(session.captions, ({ late }) => late);
  const lastWordAt = useLastWordAt(captions);
  const now = useNow(FADE_CHECK_MS, lastWordAt > 0);
  const visible = visibleCaptions(captions, now);
  const offered = useConfig()?.captions.available !== false && transcribed;
  const idle = !offered || isQuiet(lastWordAt, now);
  return (
    <section
      className={`${styles.area} ${isLarge ? styles.large : ''} ${idle ? styles.idle : ''}`}
      aria-label={t('call.captions')}
      data-testid="captions"
    >
      {isLate && offered && (
        <p className={styles.late} data-testid="captions-late" role="status">
          {t('call.captionsLate')}
        </p>
      )}
      {visible.map((line) => (
        <Line key={`${line.identity} ${line.segment}`} line={line} />
      ))}
      {visible.length === 0 && offered && <p className={styles.silence}>{t('call.captionsSilence')}</p>}
      {visible.length === 0 && !offered && (
        <p className={styles.silence} data-testid="captions-unavailable">
          {t(transcribed ? 'call.captionsUnavailable' : 'call.captionsNotKept')}
        </p>
      )}
    </section>
  );
}

/** Words that were taken back count too: whoever said them is still speaking. */
function useLastWordAt(captions: readonly CaptionLine[]): number {
  const [before, setBefore] = useState(0);
  const latest = Math.max(before, ...captions.map((line) => line.at));
  if (latest !== before) setBefore(latest);
  return latest;
}

function Line({ line }: { line: CaptionLine }) {
  const { t } = useTranslation();
  return (
    <p
      className={styles.line}
      style={speakerColour(line.identity)}
      data-testid="caption-line"
      data-final={line.final}
      data-segment={line.segment}
      data-name={line.name}
    >
      <b className={styles.name} dir="auto">
        {line.name || t('common.unnamedPerson')}
      </b>{' '}
      <CaptionText line={line} />
    </p>
  );
}
