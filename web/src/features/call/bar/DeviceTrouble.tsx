/** Stays in the bar while microphone or camera give nothing, and says on press what to do about it. */
import { TriangleAlert } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { CallView } from '../../../call/call-view';
import { BarButton } from '../../../ui/BarButton';
import { Flyout } from '../../../ui/Flyout';
import { DeviceHelp } from '../../devices/DeviceHelp';

export function DeviceTrouble({ troubles }: { troubles: CallView['deviceProblems'] }) {
  const { t } = useTranslation();
  const { audioinput, videoinput } = troubles;
  if (!audioinput && !videoinput) return null;
  return (
    <Flyout
      isDark
      title={t('devices.trouble')}
      trigger={
        <BarButton
          label={t('devices.troubleShort')}
          hint={t('devices.trouble')}
          icon={TriangleAlert}
          testId="call-device-trouble"
        />
      }
    >
      <DeviceHelp camera={videoinput} microphone={audioinput} wayOn={t('devices.pressAgain')} />
    </Flyout>
  );
}
