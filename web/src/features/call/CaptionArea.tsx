/** Up to three lines of what is being said, in a strip of its own: it never covers a face or the bar. */
import { useQuery } from '@tanstack/react-query';
import type { CSSProperties } from 'react';
import { useTranslation } from 'react-i18next';
import { getConfig } from '../../api/requests';
import { type CaptionLine, visibleCaptions } from '../../call/captions';
import { voiceOf } from '../../ui/voice';
import styles from './CaptionArea.module.css';
import { useNow } from './use-now';

const FADE_CHECK_MS = 500;

export function CaptionArea({
  captions,
  transcribed,
}: {
  captions: readonly CaptionLine[];
  transcribed: boolean;
}) {
  const { t } = useTranslation();
  const now = useNow(FADE_CHECK_MS, captions.length > 0);
  const visible = visibleCaptions(captions, now);
  return (
    <section className={styles.area} aria-label={t('call.captions')} data-testid="captions">
      {visible.length === 0 ? (
        <Silence transcribed={transcribed} />
      ) : (
        visible.map((line) => <Line key={line.segment} line={line} />)
      )}
    </section>
  );
}

function Line({ line }: { line: CaptionLine }) {
  const { t } = useTranslation();
  const voice = { '--voice': `var(--voice-${voiceOf(line.identity)})` } as CSSProperties;
  return (
    <p
      className={styles.line}
      style={voice}
      data-testid="caption-line"
      data-final={line.final}
      data-segment={line.segment}
      data-name={line.name}
    >
      <b className={styles.name}>{line.name || t('common.unnamedPerson')}</b>{' '}
      <span className={line.final ? '' : styles.partial}>{line.text}</span>
    </p>
  );
}

/** Why there is nothing to read: nobody speaks, or captions cannot be made and why. */
function Silence({ transcribed }: { transcribed: boolean }) {
  const { t } = useTranslation();
  const config = useQuery({ queryKey: ['config'], queryFn: getConfig, staleTime: Number.POSITIVE_INFINITY });
  const captions = config.data?.captions;
  if (!transcribed) return <p className={styles.silence}>{t('call.captionsNotKept')}</p>;
  if (captions?.available === false) {
    return (
      <p className={styles.silence} data-testid="captions-unavailable">
        {t('call.captionsUnavailable')} {captions.reason}
      </p>
    );
  }
  return <p className={styles.silence}>{t('call.captionsSilence')}</p>;
}
