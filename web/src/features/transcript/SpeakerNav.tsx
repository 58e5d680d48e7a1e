/** Everyone who spoke; a press jumps to the next thing they said. */
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { initialsOf, speakerColour } from '../../ui/speaker-colour';
import { paragraphAnchor } from './ParagraphView';
import type { Paragraph } from './paragraphs';
import { speakersOf } from './speakers';
import styles from './TranscriptPage.module.css';

export function SpeakerNav({ paragraphs }: { paragraphs: readonly Paragraph[] }) {
  const { t } = useTranslation();
  const last = useRef(new Map<string, number>());
  const jump = (identity: string, ids: readonly string[]) => {
    const next = ((last.current.get(identity) ?? -1) + 1) % ids.length;
    last.current.set(identity, next);
    const target = document.getElementById(paragraphAnchor(ids[next] ?? ''));
    target?.scrollIntoView?.({ block: 'start', behavior: 'smooth' });
    target?.focus({ preventScroll: true });
  };
  return (
    <nav className={styles.speakers} aria-label={t('transcript.speakers')}>
      <ul>
        {speakersOf(paragraphs).map(({ identity, name, ids }) => (
          <li key={identity}>
            <button
              type="button"
              className={styles.jump}
              style={speakerColour(identity)}
              onClick={() => jump(identity, ids)}
              title={t('transcript.jump', { name: name || t('common.unnamedPerson') })}
            >
              <span className={styles.dot} aria-hidden="true">
                {initialsOf(name)}
              </span>
              <span className={styles.jumpName} dir="auto">
                {name || t('common.unnamedPerson')}
              </span>
              <span className={styles.count}>
                {ids.length}
                <span className="visually-hidden"> {t('transcript.passages', { count: ids.length })}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </nav>
  );
}
