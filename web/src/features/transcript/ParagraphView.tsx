/** One paragraph: who, when, and the words, with what was searched for marked. */
import { useTranslation } from 'react-i18next';
import { regionalLocale } from '../../i18n/region';
import { speakerColour } from '../../ui/speaker-colour';
import type { Paragraph } from './paragraphs';
import { cutAtMatches } from './search';
import styles from './TranscriptPage.module.css';
import { clockTime, elapsed } from './times';

export const paragraphAnchor = (id: string) => `p-${id}`;

export function ParagraphView({ paragraph, wanted }: { paragraph: Paragraph; wanted: string }) {
  const { t, i18n } = useTranslation();
  const { id, speaker, startedAt, offsetMs, language, text } = paragraph;
  const anchor = paragraphAnchor(id);
  return (
    <section
      id={anchor}
      className={styles.paragraph}
      style={speakerColour(speaker.identity)}
      tabIndex={-1}
      data-testid="transcript-line"
      data-identity={speaker.identity}
    >
      <h2 className={styles.speaker}>
        <span dir="auto" data-testid="transcript-speaker">
          {speaker.name || t('common.unnamedPerson')}
        </span>
        <a href={`#${anchor}`} className={styles.time}>
          <time dateTime={startedAt} title={clockTime(startedAt, regionalLocale(i18n.language))}>
            {elapsed(offsetMs)}
          </time>
        </a>
      </h2>
      <p className={styles.words} lang={language} dir="auto" data-testid="transcript-text">
        {cutAtMatches(text, wanted).map((piece) =>
          piece.found ? <mark key={piece.at}>{piece.text}</mark> : piece.text,
        )}
      </p>
    </section>
  );
}
