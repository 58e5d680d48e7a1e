/** The mark: two people at the ends of a V, and the one who speaks between them. */
import styles from './Logo.module.css';

export function Logo() {
  return (
    <span className={styles.logo}>
      <svg viewBox="0 0 32 32" width="32" height="32" aria-hidden="true">
        <rect width="32" height="32" rx="9" className={styles.back} />
        <path d="M8.5 10.5 16 22l7.5-11.5" className={styles.stroke} />
        <circle cx="16" cy="10.2" r="2.3" className={styles.voice} />
      </svg>
      <span>Visio</span>
    </span>
  );
}
