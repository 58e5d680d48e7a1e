/** Tells screen readers what others see: quietly what may wait, at once what changes one's own situation. */
import { useTranslation } from 'react-i18next';
import type { CaptionLine } from '../../../call/captions/captions';
import { usePart, useSession, whole } from '../use-call';
import { isUrgent, useNoticeWords } from './notice-words';
import { useMutedSpeech } from './use-muted-speech';

export function Announcer({ captionsAloud }: { captionsAloud: boolean }) {
  const { t } = useTranslation();
  const session = useSession();
  const notices = usePart(session.notices, whole);
  const latest = usePart(session.captions, ({ lines }) =>
    captionsAloud ? lines.findLast((line) => line.final) : undefined,
  );
  useMutedSpeech();
  const wordsOf = useNoticeWords();
  const nameOf = ({ name, isLookalike }: CaptionLine) =>
    isLookalike ? `${name} (${t('call.lookalike')})` : name;
  return (
    <>
      <div className="visually-hidden" aria-live="polite" data-testid="announce-polite">
        {notices
          .filter((notice) => !isUrgent(notice))
          .map((notice) => (
            <p key={notice.id}>{wordsOf(notice)}</p>
          ))}
      </div>
      <div className="visually-hidden" aria-live="assertive" data-testid="announce-assertive">
        {notices.filter(isUrgent).map((notice) => (
          <p key={notice.id}>{wordsOf(notice)}</p>
        ))}
      </div>
      <div className="visually-hidden" aria-live="polite" data-testid="announce-captions">
        {latest && (
          <p key={latest.segment} lang={latest.language} dir="auto">
            {t('call.says', { name: nameOf(latest), text: latest.text })}
          </p>
        )}
      </div>
    </>
  );
}
