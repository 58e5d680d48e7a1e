/** One short notice at a time in the line above the stage, where it covers nobody's face. */
import { Volume2, X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../../ui/Button';
import { usePart, useSession, whole } from '../use-call';
import styles from './NoticeBar.module.css';
import { isShown, isUrgent, useNoticeWords } from './notice-words';

export function NoticeBar() {
  const { t } = useTranslation();
  const session = useSession();
  const wordsOf = useNoticeWords();
  // What concerns oneself outranks who came and went; screen readers get all of them: see `Announcer`.
  const shown = usePart(session.notices, whole).filter(isShown);
  const notice = shown.findLast(isUrgent) ?? shown.at(-1);
  const soundBlocked = usePart(session.people, (view) => view.soundBlocked);
  return (
    <div className={styles.bar}>
      {soundBlocked && (
        <Button
          weight="primary"
          icon={Volume2}
          onPress={() => session.people.unblockSound()}
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
            onPress={() => session.notices.dismiss(notice.id)}
            aria-label={t('common.close')}
          />
        </section>
      )}
    </div>
  );
}
