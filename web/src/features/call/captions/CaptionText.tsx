/** What somebody says: first what stays as it is, then what the recogniser may still think better of. */
import { type CaptionLine, parted } from '../../../call/captions/captions';
import styles from './CaptionText.module.css';

export function CaptionText({ line }: { line: CaptionLine }) {
  const [certain, open] = parted(line);
  return (
    <span
      className={line.final ? '' : styles.partial}
      lang={line.language}
      dir="auto"
      data-testid="caption-text"
    >
      {certain}
      {open !== '' && <span className={styles.open}>{open}</span>}
    </span>
  );
}
