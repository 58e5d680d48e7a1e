/** One entry of the transcript in the panel: who, when, and the words, be they kept or still being said. */
import { useTranslation } from 'react-i18next';
import type { CaptionLine } from '../../../../call/captions/captions';
import { regionalLocale } from '../../../../i18n/region';
import { speakerColour } from '../../../../ui/speaker-colour';
import type { Paragraph } from '../../../transcript/paragraphs';
import { clockTime } from '../../../transcript/times';
import { CaptionText } from '../../captions/CaptionText';
import { LookalikeMark } from '../../people/LookalikeMark';
import styles from '../Panel.module.css';

export function Entry({ paragraph, isLookalike }: { paragraph: Paragraph; isLookalike: boolean }) {
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

export function OpenEntry({ caption }: { caption: CaptionLine }) {
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
