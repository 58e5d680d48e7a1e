/** Stays in the bar while microphone or camera give nothing, and says on press what to do about it. */
import { TriangleAlert } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { BarButton } from '../../../ui/BarButton';
import { Flyout } from '../../../ui/Flyout';
import { DeviceHelp } from '../../devices/DeviceHelp';
import { usePart, useSession } from '../use-call';

export function DeviceTrouble() {
  const { t } = useTranslation();
  const { audioinput, videoinput } = usePart(useSession().media, ({ problems }) => problems);
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
