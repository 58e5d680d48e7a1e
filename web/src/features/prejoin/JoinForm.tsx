/** What is asked before the door: a name, and for those who want it the language one will speak. */
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { RoomState } from '../../api/requests';
import { useConfig } from '../../api/use-config';
import type { JoinOptions } from '../../call/session';
import { isWished, remember, remembered, rememberedDevices } from '../../me/preferences';
import { AUTO } from '../../me/speech-languages';
import { Button } from '../../ui/Button';
import { TextField } from '../../ui/TextField';
import { DeviceHelp } from '../devices/DeviceHelp';
import { MoreOptions } from './MoreOptions';
import styles from './PrejoinPage.module.css';
import { JoinState, RoomHead, TranscriptNotice } from './PrejoinWords';
import type { Preview } from './use-preview';

const NAME_CHARS_MAX_DEFAULT = 64;

interface JoinFormProps {
  room: RoomState;
  preview: Preview;
  onJoin: (options: JoinOptions) => void;
}

export function JoinForm({ room, preview, onJoin }: JoinFormProps) {
  const { t } = useTranslation();
  const config = useConfig();
  const [name, setName] = useState(remembered('name') ?? '');
  const [nameProblem, setNameProblem] = useState<string>();
  const [language, setLanguage] = useState(remembered('language') ?? AUTO);
  const { camera, microphone } = preview;

  const join = (event: FormEvent) => {
    event.preventDefault();
    const chosen = name.trim();
    if (chosen === '') return setNameProblem(t('prejoin.nameMissing'));
    remember('name', chosen);
    remember('language', language === AUTO ? null : language);
    onJoin({
      name: chosen,
      language: language === AUTO ? null : language,
      microphone: microphone.isOn,
      camera: camera.isOn,
      captions: !isWished('captionsOff'),
      devices: rememberedDevices(),
      former: null,
    });
  };
  const rename = (value: string) => {
    setName(value);
    setNameProblem(undefined);
  };
  return (
    <form className={styles.form} onSubmit={join}>
      <RoomHead room={room} />
      <TextField
        label={t('prejoin.name')}
        value={name}
        onChange={rename}
        problem={nameProblem}
        maxLength={config?.limits.name_chars_max ?? NAME_CHARS_MAX_DEFAULT}
        autoComplete="name"
        autoFocus={name === ''}
        testId="prejoin-name"
      />
      <DeviceHelp camera={camera.problem} microphone={microphone.problem} wayOn={t(wayOnWords(preview))} />
      <MoreOptions language={language} onLanguage={setLanguage} />
      {(room.transcript_kept || room.transcript === 'on') && <TranscriptNotice />}
      <div className={styles.submit}>
        <Button type="submit" weight="primary" size="l" data-testid="prejoin-join">
          {t('prejoin.join')}
        </Button>
        <JoinState microphone={microphone.isOn} camera={camera.isOn} />
      </div>
    </form>
  );
}

/** What is blocked starts as soon as it is allowed; all else the person can do without. */
function wayOnWords({ camera, microphone }: Preview) {
  const isBlocked = camera.problem === 'blocked' || microphone.problem === 'blocked';
  return isBlocked ? 'devices.startsByItself' : 'devices.joinAnyway';
}
