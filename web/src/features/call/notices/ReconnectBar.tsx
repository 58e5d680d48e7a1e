/** An interrupted connection: a thin bar after one second, what it means after five, what to do after fifteen. */
import { useTranslation } from 'react-i18next';
import { interruptedSince } from '../../../call/connection';
import { reconnectStage } from '../../../call/reconnect';
import { Button } from '../../../ui/Button';
import { useNow } from '../captions/use-now';
import { usePart, useSession } from '../use-call';
import styles from './ReconnectBar.module.css';

const STAGE_CHECK_MS = 250;

export function ReconnectBar() {
  const { t } = useTranslation();
  const { connection } = useSession();
  const since = usePart(connection, interruptedSince);
  const now = useNow(STAGE_CHECK_MS, since !== null);
  const stage = reconnectStage(since, now);
  if (stage === 'quiet') return null;
  return (
    <div className={styles.reconnect} data-testid="reconnecting" data-stage={stage} role="alert">
      <span className={styles.line} aria-hidden="true" />
      <p className={stage === 'thin' ? 'visually-hidden' : styles.words}>
        <b>{t('reconnect.title')}</b> {stage !== 'thin' && t('reconnect.explained')}{' '}
        {stage === 'advised' && t('reconnect.advised')}
      </p>
      {stage === 'advised' && (
        <Button onPress={() => connection.send({ kind: 'retry' })} data-testid="reconnect-now">
          {t('reconnect.now')}
        </Button>
      )}
    </div>
  );
}
