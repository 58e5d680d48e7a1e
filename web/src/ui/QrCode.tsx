/** A text as a QR code, to be taken up by a camera; drawn here, so that no other server learns the text. */
import encodeQR from 'qr';
import { useMemo } from 'react';
import styles from './QrCode.module.css';

/** Cameras find the code by the light around it: four modules (ISO/IEC 18004). */
const QUIET_MODULES = 4;

export function QrCode({ text, label }: { text: string; label: string }) {
  const rows = useMemo(() => encodeQR(text, 'raw', { ecc: 'medium', border: QUIET_MODULES }), [text]);
  return (
    <svg
      className={styles.code}
      viewBox={`0 0 ${rows.length} ${rows.length}`}
      role="img"
      aria-label={label}
      data-testid="qr-code"
    >
      <path d={pathOf(rows)} />
    </svg>
  );
}

/** A square for each dark module. */
function pathOf(rows: readonly (readonly boolean[])[]): string {
  return rows.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : ''))).join('');
}
