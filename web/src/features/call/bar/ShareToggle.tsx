/** Shares one's screen, and stops. */
import { MonitorUp, MonitorX } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { BarToggle } from '../../../ui/BarButton';
import { usePart, useSession, whole } from '../use-call';

export function ShareToggle() {
  const { t } = useTranslation();
  const { share } = useSession();
  const isSharing = usePart(share, whole);
  return (
    <BarToggle
      label={t('call.share')}
      hint={t(isSharing ? 'call.shareStop' : 'call.shareStart')}
      icon={MonitorX}
      offIcon={MonitorUp}
      isOn={isSharing}
      onChange={(on) => void share.switch(on)}
      testId="call-share"
    />
  );
}

/** Phones have no such thing; a button that can only fail is not shown. */
export function canShareScreen(): boolean {
  return typeof navigator.mediaDevices?.getDisplayMedia === 'function';
}
