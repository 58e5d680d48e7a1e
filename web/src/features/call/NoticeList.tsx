/** Short notices at the edge of the stage; what has to be answered stays, what was only said goes. */
import { Volume2, X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { CallView } from '../../call/call-view';
import type { CallSession } from '../../call/session';
import { Button } from '../../ui/Button';
import styles from './NoticeList.module.css';
import { useNoticeWords } from './notice-words';

export function NoticeList({ call, session }: { call: CallView; session: CallSession }) {
  const { t } = useTranslation();
  const wordsOf = useNoticeWords();
  return (
    <div className={styles.list}>
      {call.soundBlocked && (
        <Button
          weight="primary"
          icon={Volume2}
          onPress={() => session.unblockSound()}
          data-testid="call-unblock-sound"
        >
          {t('call.unblockSound')}
        </Button>
      )}
      {call.notices.map((notice) => (
        <div key={notice.id} className={styles.notice} data-testid="notice" data-kind={notice.kind}>
          <p>{wordsOf(notice)}</p>
          <Button
            weight="quiet"
            icon={X}
            onPress={() => session.dismiss(notice.id)}
            aria-label={t('common.close')}
          />
        </div>
      ))}
    </div>
  );
}
