/** All there is to know of the meeting, behind its name: link, code to read aloud, how long one has been here. */
import { Info } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button as AriaButton } from 'react-aria-components/Button';
import { useTranslation } from 'react-i18next';
import { roomPath } from '../../../paths';
import { Flyout } from '../../../ui/Flyout';
import { QrCode } from '../../../ui/QrCode';
import { useNow } from '../captions/use-now';
import { usePart, useSession } from '../use-call';
import { CopyLink } from './CopyLink';
import { durationWords } from './duration';
import styles from './MeetingInfo.module.css';

const CLOCK_MS = 1_000;

export function MeetingInfo({ roomName }: { roomName: string }) {
  const { t } = useTranslation();
  const { code } = useSession();
  const link = `${location.origin}${roomPath(code)}`;
  return (
    <Flyout
      isDark
      title={roomName || t('common.unnamedRoom')}
      trigger={
        <AriaButton className={styles.button ?? ''} aria-label={t('call.info')} data-testid="call-info">
          <Info size={18} aria-hidden />
        </AriaButton>
      }
    >
      <dl className={styles.facts}>
        <Fact label={t('call.infoLink')}>{link}</Fact>
        <Fact label={t('call.infoCode')}>{code}</Fact>
        <Fact label={t('call.infoSince')}>
          <Timer />
        </Fact>
      </dl>
      <QrCode text={link} label={t('call.qrCode')} />
      <CopyLink code={code} />
    </Flyout>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <dt className={styles.label}>{label}</dt>
      <dd className={styles.fact} dir="ltr">
        {children}
      </dd>
    </div>
  );
}

function Timer() {
  const { i18n } = useTranslation();
  const { connection } = useSession();
  const since = usePart(connection, () => connection.joinedAt);
  const now = useNow(CLOCK_MS, true);
  return <span role="timer">{durationWords(now - (since ?? now), i18n.language)}</span>;
}
