/** Microphone, camera and loudspeaker of a running call. */
import { Mic, Video, Volume2 } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { chooseDevice, type Device, type DeviceKind, devicesOf } from '../../../call/devices/devices';
import { remember, remembered } from '../../../me/preferences';
import type { IconType } from '../../../ui/Button';
import { Select } from '../../../ui/Select';
import { useSession } from '../use-call';

export function DeviceSelects() {
  const { media } = useSession();
  const { t } = useTranslation();
  const devices = useDevices();
  const choose = (kind: DeviceKind, id: string) => {
    if (kind === 'audioinput') remember('microphone', id);
    if (kind === 'videoinput') remember('camera', id);
    if (kind === 'audiooutput') remember('speaker', id);
    media.choose(kind, id);
  };
  const select = (kind: DeviceKind, label: string, icon: IconType, wanted: string | null) => (
    <DeviceSelect
      label={label}
      icon={icon}
      devices={devicesOf(devices, kind)}
      wanted={wanted}
      onChoose={(id) => choose(kind, id)}
    />
  );
  return (
    <>
      {select('audioinput', t('devices.microphoneMenu'), Mic, remembered('microphone'))}
      {select('videoinput', t('devices.cameraMenu'), Video, remembered('camera'))}
      {canChooseSpeaker() && select('audiooutput', t('devices.speakerMenu'), Volume2, remembered('speaker'))}
    </>
  );
}

interface DeviceSelectProps {
  label: string;
  icon: IconType;
  devices: Device[];
  wanted: string | null;
  onChoose: (id: string) => void;
}

function DeviceSelect({ label, icon, devices, wanted, onChoose }: DeviceSelectProps) {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState(wanted);
  const choose = (id: string) => {
    setChosen(id);
    onChoose(id);
  };
  return (
    <Select
      label={label}
      icon={icon}
      choices={devices}
      value={chooseDevice(devices, chosen)}
      onChange={choose}
      placeholder={t('devices.none')}
    />
  );
}

function useDevices(): MediaDeviceInfo[] {
  const [devices, setDevices] = useState<MediaDeviceInfo[]>([]);
  useEffect(() => {
    const list = () => void navigator.mediaDevices?.enumerateDevices().then(setDevices, () => undefined);
    list();
    navigator.mediaDevices?.addEventListener('devicechange', list);
    return () => navigator.mediaDevices?.removeEventListener('devicechange', list);
  }, []);
  return devices;
}

function canChooseSpeaker(): boolean {
  return typeof HTMLMediaElement !== 'undefined' && 'setSinkId' in HTMLMediaElement.prototype;
}
