/** Up to three captions, in a strip of their own that never covers a face or the bar: the oldest rows leave first. */
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type CaptionLine, visibleCaptions } from '../../../call/captions/captions';
import { stripOf } from '../../../call/captions/strip';
import { speakerColour } from '../../../ui/speaker-colour';
import { LookalikeMark } from '../people/LookalikeMark';
import { usePart, useSession } from '../use-call';
import styles from './CaptionArea.module.css';
import { CaptionText } from './CaptionText';
import type { CaptionLook } from './look';
import { useNow } from './use-now';

const FADE_CHECK_MS = 500;

export function CaptionArea({ look }: { look: CaptionLook }) {
  const { t } = useTranslation();
  const part = useSession().captions;
  const captions = usePart(part, ({ lines }) => lines);
  const lastWordAt = usePart(part, (view) => view.lastWordAt);
  const [shownAt] = useState(Date.now);
  const now = useNow(FADE_CHECK_MS, true);
  const strip = stripOf({ shownAt, lastWordAt }, now);
  return (
    <section
      className={styles.area}
      data-size={look.size}
      data-captions={look.colours}
      aria-label={t('call.captions')}
      data-testid="captions"
      data-strip={strip}
    >
      {strip === 'intro' && <p className={styles.silence}>{t('call.captionsSilence')}</p>}
      <div className={styles.lines}>
        {visibleCaptions(captions, now).map((line) => (
          <Line key={`${line.identity} ${line.segment}`} line={line} />
        ))}
      </div>
    </section>
  );
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
      data-started-at={line.startedAt}
      data-name={line.name}
    >
      <b className={styles.name}>
        <span className={styles.nameText} dir="auto">
          {line.name || t('common.unnamedPerson')}
        </span>
        {line.isLookalike && <LookalikeMark />}
      </b>{' '}
      <span className={styles.text}>
        <CaptionText line={line} />
      </span>
    </p>
  );
}
