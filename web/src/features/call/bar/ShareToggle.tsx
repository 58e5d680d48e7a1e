/** Shares one's screen, and stops. */
import { MonitorUp, MonitorX } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { BarButton } from '../../../ui/BarButton';
import { usePart, useSession, whole } from '../use-call';

export function ShareToggle() {
  const { t } = useTranslation();
  const { share } = useSession();
  const isSharing = usePart(share, whole);
  return (
    <BarButton
      label={t(isSharing ? 'call.shareEnd' : 'call.share')}
      hint={t(isSharing ? 'call.shareStop' : 'call.shareStart')}
      icon={isSharing ? MonitorX : MonitorUp}
      tone={isSharing ? 'sending' : 'plain'}
      onPress={() => void share.switch(!isSharing)}
      testId="call-share"
    />
  );
}

/** Phones have no such thing; a button that can only fail is not shown. */
export function canShareScreen(): boolean {
  return typeof navigator.mediaDevices?.getDisplayMedia === 'function';
}
