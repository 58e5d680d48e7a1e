/** Which microphone, camera and loudspeaker, under the preview, each with a sign that it works. */
import { Mic, Video } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { chooseDevice, type Device } from '../../call/devices/devices';
import type { IconType } from '../../ui/Button';
import { Select } from '../../ui/Select';
import { MicrophoneMeter } from '../devices/MicrophoneMeter';
import styles from './DeviceChips.module.css';
import { SpeakerChip } from './SpeakerChip';
import type { Preview, Source } from './use-preview';

export function DeviceChips({ preview }: { preview: Preview }) {
  const { t } = useTranslation();
  const { audioinput, videoinput } = preview.devices;
  return (
    <div className={styles.chips}>
      <Chip
        label={t('devices.microphoneMenu')}
        icon={Mic}
        devices={audioinput}
        source={preview.microphone}
        chosen={preview.chosen.microphone}
        onChoose={(id) => preview.choose('microphone', id)}
      >
        <div className={styles.meter}>
          <MicrophoneMeter track={preview.microphone.track} />
        </div>
      </Chip>
      <Chip
        label={t('devices.cameraMenu')}
        icon={Video}
        devices={videoinput}
        source={preview.camera}
        chosen={preview.chosen.camera}
        onChoose={(id) => preview.choose('camera', id)}
      />
      <SpeakerChip preview={preview} />
    </div>
  );
}

interface ChipProps {
  label: string;
  icon: IconType;
  devices: Device[];
  source: Source;
  chosen: string | null;
  onChoose: (id: string) => void;
  children?: ReactNode;
}

function Chip({ label, icon, devices, source, chosen, onChoose, children }: ChipProps) {
  const { t } = useTranslation();
  // Blocked is not missing: browsers list no devices to a page that they block.
  const state = source.problem ?? (source.isOn && !source.track ? 'starting' : 'missing');
  return (
    <div className={styles.chip}>
      <Select
        label={label}
        isLabelHidden
        icon={icon}
        choices={source.problem === 'blocked' ? [] : devices}
        value={chooseDevice(devices, chosen)}
        onChange={onChoose}
        placeholder={t(`devices.state.${state}`)}
      />
      {children}
    </div>
  );
}
