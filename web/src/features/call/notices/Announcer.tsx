/** Tells screen readers what others see: quietly what may wait, at once what changes one's own situation. */
import { useTranslation } from 'react-i18next';
import type { CallView } from '../../../call/call-view';
import { isUrgent, useNoticeWords } from './notice-words';

export function Announcer({ call, captionsAloud }: { call: CallView; captionsAloud: boolean }) {
  const { t } = useTranslation();
  const wordsOf = useNoticeWords();
  const latest = call.captions.findLast((caption) => caption.final);
  return (
    <>
      <div className="visually-hidden" aria-live="polite" data-testid="announce-polite">
        {call.notices
          .filter((notice) => !isUrgent(notice))
          .map((notice) => (
            <p key={notice.id}>{wordsOf(notice)}</p>
          ))}
      </div>
      <div className="visually-hidden" aria-live="assertive" data-testid="announce-assertive">
        {call.notices.filter(isUrgent).map((notice) => (
          <p key={notice.id}>{wordsOf(notice)}</p>
        ))}
      </div>
      <div className="visually-hidden" aria-live="polite" data-testid="announce-captions">
        {captionsAloud && latest && (
          <p key={latest.segment} lang={latest.language} dir="auto">
            {t('call.says', { name: latest.name, text: latest.text })}
          </p>
        )}
      </div>
    </>
  );
}
