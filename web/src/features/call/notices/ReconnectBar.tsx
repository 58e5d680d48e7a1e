/** A broken line: a thin bar after one second, what it means after five, what to do after fifteen. */
import { useTranslation } from 'react-i18next';
import { repairStage } from '../../../call/repair';
import { Button } from '../../../ui/Button';
import { useNow } from '../captions/use-now';
import styles from './ReconnectBar.module.css';

const STAGE_CHECK_MS = 250;

export function ReconnectBar({ since, onRetry }: { since: number | null; onRetry: () => void }) {
  const { t } = useTranslation();
  const now = useNow(STAGE_CHECK_MS, since !== null);
  const stage = repairStage(since, now);
  if (stage === 'quiet') return null;
  return (
    <div className={styles.reconnect} data-testid="reconnecting" data-stage={stage} role="alert">
      <span className={styles.line} aria-hidden="true" />
      <p className={stage === 'thin' ? 'visually-hidden' : styles.words}>
        <b>{t('reconnect.title')}</b> {stage !== 'thin' && t('reconnect.explained')}{' '}
        {stage === 'advised' && t('reconnect.advised')}
      </p>
      {stage === 'advised' && (
        <Button onPress={onRetry} data-testid="reconnect-now">
          {t('reconnect.now')}
        </Button>
      )}
    </div>
  );
}
