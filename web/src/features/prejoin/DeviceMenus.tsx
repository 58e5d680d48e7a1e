/** Which camera and which microphone, beside the preview that shows the effect. */
import { Mic, Video } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { chooseDevice } from '../../call/devices/devices';
import { Select } from '../../ui/Select';
import styles from './PrejoinPage.module.css';
import type { Preview } from './use-preview';

export function DeviceMenus({ preview }: { preview: Preview }) {
  const { t } = useTranslation();
  const { audioinput, videoinput } = preview.devices;
  return (
    <div className={styles.devices}>
      <Select
        label={t('devices.microphoneMenu')}
        icon={Mic}
        choices={audioinput}
        value={chooseDevice(audioinput, preview.chosen.microphone)}
        onChange={(id) => preview.choose('microphone', id)}
        placeholder={t('devices.none')}
      />
      <Select
        label={t('devices.cameraMenu')}
        icon={Video}
        choices={videoinput}
        value={chooseDevice(videoinput, preview.chosen.camera)}
        onChange={(id) => preview.choose('camera', id)}
        placeholder={t('devices.none')}
      />
    </div>
  );
}
