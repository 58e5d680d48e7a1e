/** Before the door: how one will be seen, heard and named, and who is inside. */
import { NotebookText } from 'lucide-react';
import { type FormEvent, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { RoomState } from '../../api/requests';
import { useConfig } from '../../api/use-config';
import type { JoinOptions } from '../../call/session';
import { isWished, remember, remembered, rememberedDevices } from '../../me/preferences';
import { AUTO, useLanguageChoices } from '../../me/speech-languages';
import { usePageTitle } from '../../page-title';
import { Button } from '../../ui/Button';
import { Notice } from '../../ui/Notice';
import { Page } from '../../ui/Page';
import { Select } from '../../ui/Select';
import { TextField } from '../../ui/TextField';
import { DeviceHelp } from '../devices/DeviceHelp';
import { DeviceMenus } from './DeviceMenus';
import styles from './PrejoinPage.module.css';
import { PreviewStage } from './PreviewStage';
import { usePreview } from './use-preview';

const NAME_CHARS_MAX_DEFAULT = 64;

interface PrejoinPageProps {
  room: RoomState;
  onJoin: (options: JoinOptions) => void;
}

export function PrejoinPage({ room, onJoin }: PrejoinPageProps) {
  const { t } = useTranslation();
  const roomName = room.name || t('common.unnamedRoom');
  usePageTitle(roomName);
  const preview = usePreview();
  const config = useConfig();
  const [name, setName] = useState(remembered('name') ?? '');
  const [nameProblem, setNameProblem] = useState<string>();
  const [language, setLanguage] = useState(remembered('language') ?? AUTO);
  const languages = useLanguageChoices(config?.captions.languages);
  const isHeard = config?.captions.available !== false;
  useEffect(() => {
    // The call's code arrives while the person looks at the preview.
    void import('../../call/livekit/room');
  }, []);

  const join = (event: FormEvent) => {
    event.preventDefault();
    const chosen = name.trim();
    if (chosen === '') return setNameProblem(t('prejoin.nameMissing'));
    remember('name', chosen);
    remember('language', language === AUTO ? null : language);
    onJoin({
      name: chosen,
      language: language === AUTO ? null : language,
      microphone: preview.microphone.isOn,
      camera: preview.camera.isOn,
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
    <Page>
      <div className={styles.prejoin}>
        <div className={styles.left}>
          <PreviewStage preview={preview} />
          <DeviceMenus preview={preview} />
        </div>
        <form className={styles.form} onSubmit={join}>
          <div>
            <h1 className={styles.title}>{roomName}</h1>
            <p className={styles.who}>{t('prejoin.present', { count: room.participants })}</p>
          </div>
          <DeviceHelp
            camera={preview.camera.problem}
            microphone={preview.microphone.problem}
            wayOn={t('devices.joinAnyway')}
          />
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
          <Select
            label={t('prejoin.language')}
            choices={languages}
            value={language}
            onChange={setLanguage}
            testId="prejoin-language"
          />
          {room.transcription && (
            <Notice icon={NotebookText} title={t(isHeard ? 'prejoin.transcribed' : 'prejoin.untranscribed')}>
              {t(isHeard ? 'prejoin.transcribedText' : 'prejoin.untranscribedText')}
            </Notice>
          )}
          <div className={styles.submit}>
            <Button type="submit" weight="primary" size="l" data-testid="prejoin-join">
              {t('prejoin.join')}
            </Button>
            <JoinState microphone={preview.microphone.isOn} camera={preview.camera.isOn} />
          </div>
        </form>
      </div>
    </Page>
  );
}

/** How one will enter, in words: icons on a busy picture are easily missed. */
function JoinState({ microphone, camera }: { microphone: boolean; camera: boolean }) {
  const { t } = useTranslation();
  const words = microphone
    ? camera
      ? t('prejoin.withBoth')
      : t('prejoin.withMicrophone')
    : camera
      ? t('prejoin.withCamera')
      : t('prejoin.withNothing');
  return (
    <p className={styles.state} role="status">
      {words}
    </p>
  );
}
