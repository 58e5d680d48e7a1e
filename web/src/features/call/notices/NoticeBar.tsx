/** One short notice at a time in the line above the stage, where it covers nobody's face. */
import { Volume2, X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { CallView } from '../../../call/call-view';
import type { CallSession } from '../../../call/session';
import { Button } from '../../../ui/Button';
import styles from './NoticeBar.module.css';
import { isUrgent, useNoticeWords } from './notice-words';

export function NoticeBar({ call, session }: { call: CallView; session: CallSession }) {
  const { t } = useTranslation();
  const wordsOf = useNoticeWords();
  // What concerns oneself outranks who came and went; screen readers are told of all: see `Announcer`.
  const notice = call.notices.findLast(isUrgent) ?? call.notices.at(-1);
  return (
    <div className={styles.bar}>
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
      {notice && (
        <section
          key={notice.id}
          className={styles.notice}
          aria-label={t('call.notice')}
          data-testid="notice"
          data-kind={notice.kind}
        >
          <p>{wordsOf(notice)}</p>
          <Button
            weight="quiet"
            icon={X}
            onPress={() => session.dismiss(notice.id)}
            aria-label={t('common.close')}
          />
        </section>
      )}
    </div>
  );
}
