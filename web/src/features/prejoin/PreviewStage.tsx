/** One's own picture, mirrored as in a mirror, with the two switches that matter on it. */
import { Mic, MicOff, Video, VideoOff } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { BarToggle } from '../../ui/BarButton';
import styles from './PrejoinPage.module.css';
import type { Preview } from './use-preview';

export function PreviewStage({ preview }: { preview: Preview }) {
  const { t } = useTranslation();
  const { camera, microphone } = preview;
  return (
    <div className={styles.stage} data-theme="dark">
      {camera.track ? (
        <MirrorVideo track={camera.track} />
      ) : (
        <p className={styles.noPicture}>
          <VideoOff size={36} aria-hidden />
          {camera.problem
            ? t('devices.stateOf', {
                device: t('devices.cameraMenu'),
                state: t(`devices.state.${camera.problem}`),
              })
            : t(camera.isOn ? 'prejoin.cameraStarting' : 'prejoin.cameraOff')}
        </p>
      )}
      <div className={styles.toggles}>
        <BarToggle
          label={t('call.microphone')}
          hint={t(microphone.isOn ? 'call.mute' : 'call.unmute')}
          icon={Mic}
          offIcon={MicOff}
          look="device"
          isOn={microphone.isOn}
          onChange={(on) => preview.toggle('microphone', on)}
          testId="prejoin-mic"
        />
        <BarToggle
          label={t('call.camera')}
          hint={t(camera.isOn ? 'call.cameraStop' : 'call.cameraStart')}
          icon={Video}
          offIcon={VideoOff}
          look="device"
          isOn={camera.isOn}
          onChange={(on) => preview.toggle('camera', on)}
          testId="prejoin-camera"
        />
      </div>
    </div>
  );
}

function MirrorVideo({ track }: { track: MediaStreamTrack }) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (video.current) video.current.srcObject = new MediaStream([track]);
  }, [track]);
  return <video ref={video} className={styles.video} autoPlay playsInline muted />;
}
