/** One's own microphone and camera in the bar: lit while they send. */
import { Mic, MicOff, Video, VideoOff } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { BarToggle } from '../../../ui/BarButton';
import { usePart, useSession } from '../use-call';
import { useSentLevel } from './use-sent-level';

export function DeviceToggles() {
  const { t } = useTranslation();
  const { media } = useSession();
  const ring = useSentLevel();
  const microphoneOn = usePart(media, (view) => view.microphoneOn);
  const cameraOn = usePart(media, (view) => view.cameraOn);
  const starting = usePart(media, (view) => view.starting);
  return (
    <>
      <BarToggle
        label={t('call.microphone')}
        hint={t(starting.audioinput ? 'call.microphoneStarting' : microphoneOn ? 'call.mute' : 'call.unmute')}
        isStarting={starting.audioinput}
        icon={Mic}
        offIcon={MicOff}
        look="device"
        isOn={microphoneOn}
        onChange={(on) => media.switch('audioinput', on)}
        testId="call-mic"
        ring={ring}
      />
      <BarToggle
        label={t('call.camera')}
        hint={t(
          starting.videoinput ? 'call.cameraStarting' : cameraOn ? 'call.cameraStop' : 'call.cameraStart',
        )}
        isStarting={starting.videoinput}
        icon={Video}
        offIcon={VideoOff}
        look="device"
        isOn={cameraOn}
        onChange={(on) => media.switch('videoinput', on)}
        testId="call-camera"
      />
    </>
  );
}
