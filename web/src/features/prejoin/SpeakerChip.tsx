/** Which loudspeaker, and a sound to hear whether it works. */
import { Play, Volume2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { chooseDevice } from '../../call/devices/devices';
import { Button } from '../../ui/Button';
import { Select } from '../../ui/Select';
import { playTestSound } from '../devices/test-sound';
import styles from './DeviceChips.module.css';
import type { Preview } from './use-preview';

export function SpeakerChip({ preview }: { preview: Preview }) {
  const { t } = useTranslation();
  const [hasFailed, setFailed] = useState(false);
  const { audiooutput } = preview.devices;
  const speaker = chooseDevice(audiooutput, preview.chosen.speaker);
  const play = async () => setFailed(!(await playTestSound(speaker)));
  return (
    <div className={styles.speaker}>
      <Select
        label={t('devices.speakerMenu')}
        isLabelHidden
        icon={Volume2}
        choices={audiooutput}
        value={speaker}
        onChange={(id) => preview.choose('speaker', id)}
        placeholder={t('devices.state.default')}
      />
      <Button
        icon={Play}
        onPress={() => void play()}
        aria-label={t('devices.testSound')}
        data-testid="prejoin-sound"
      />
      <p role="status" className={hasFailed ? styles.failed : 'visually-hidden'}>
        {hasFailed && t('devices.testSoundFailed')}
      </p>
    </div>
  );
}
