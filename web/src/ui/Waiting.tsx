/** Says that something is on its way, to eyes and to screen readers. */
import styles from './Waiting.module.css';

export function Waiting({ label }: { label: string }) {
  return (
    <p className={styles.waiting} role="status">
      <span className={styles.dots} aria-hidden="true" />
      {label}
    </p>
  );
}
