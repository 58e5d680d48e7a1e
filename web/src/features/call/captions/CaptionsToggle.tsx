/** Switches captions on and off; says when they come late, and where there are none, why. */

import type { ParseKeys } from 'i18next';
import { Captions, CaptionsOff } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isLateNow } from '../../../call/captions/strip';
import { BarToggle } from '../../../ui/BarButton';
import { usePart, useSession } from '../use-call';
import { useNow } from './use-now';

const LATE_CHECK_MS = 1_000;

export function CaptionsToggle({ refusal }: { refusal: ParseKeys | null }) {
  const { t } = useTranslation();
  const { captions } = useSession();
  const isOn = usePart(captions, ({ on }) => on) && refusal === null;
  const late = useLateness();
  const notice = isOn ? late : null;
  const hint = notice ?? (isOn ? 'call.captionsHide' : 'call.captionsShow');
  return (
    <>
      <BarToggle
        label={t('call.captions')}
        hint={t(hint)}
        unavailable={refusal === null ? undefined : t(refusal)}
        icon={Captions}
        offIcon={CaptionsOff}
        isOn={isOn}
        onChange={(on) => captions.setOn(on)}
        mark={notice ? 'late' : undefined}
        testId="call-captions"
      />
      <span role="status" className="visually-hidden" data-testid="captions-late">
        {notice && t(notice)}
      </span>
    </>
  );
}

/** That captions come late, and whether words are lost; null while they are in time. */
function useLateness(): ParseKeys | null {
  const { captions, people } = useSession();
  const load = usePart(captions, (view) => view.load);
  const late = load !== 'in-time';
  const someoneSpeaks = usePart(people, ({ speaking }) => speaking.length > 0);
  const now = useNow(LATE_CHECK_MS, late);
  const [lastSpokenAt, setLastSpokenAt] = useState<number | null>(null);
  if (someoneSpeaks && lastSpokenAt !== now) setLastSpokenAt(now);
  if (!isLateNow(late, lastSpokenAt, now)) return null;
  return load === 'losing' ? 'call.captionsLosing' : 'call.captionsLate';
}
