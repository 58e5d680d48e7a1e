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
import { DeviceChips } from './DeviceChips';
import styles from './PrejoinPage.module.css';
import { PreviewStage } from './PreviewStage';
import { type Preview, usePreview } from './use-preview';

const NAME_CHARS_MAX_DEFAULT = 64;

interface PrejoinPageProps {
  room: RoomState;
  onJoin: (options: JoinOptions) => void;
}

export function PrejoinPage({ room, onJoin }: PrejoinPageProps) {
  const { t } = useTranslation();
  usePageTitle(room.name || t('common.unnamedRoom'));
  const preview = usePreview();
  useEffect(() => {
    // The call's code arrives while the person looks at the preview.
    void import('../../call/livekit/room');
  }, []);
  return (
    <Page width="stage">
      <div className={styles.prejoin}>
        <div className={styles.left}>
          <PreviewStage preview={preview} />
          <DeviceChips preview={preview} />
        </div>
        <JoinForm room={room} preview={preview} onJoin={onJoin} />
      </div>
    </Page>
  );
}

function JoinForm({ room, preview, onJoin }: PrejoinPageProps & { preview: Preview }) {
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

function RoomHead({ room }: { room: RoomState }) {
  const { t } = useTranslation();
  const name = room.name || t('common.unnamedRoom');
  return (
    <div>
      <h1 className={styles.title} title={name} dir="auto">
        {name}
      </h1>
      <p className={styles.who}>{t('prejoin.present', { count: room.participants })}</p>
    </div>
  );
}

/** What most people never change; open where somebody has. */
function MoreOptions({ language, onLanguage }: { language: string; onLanguage: (language: string) => void }) {
  const { t } = useTranslation();
  const languages = useLanguageChoices(useConfig()?.captions.languages);
  const [wasChosen] = useState(language !== AUTO);
  return (
    <details className={styles.more} open={wasChosen}>
      <summary>{t('prejoin.more')}</summary>
      <Select
        label={t('prejoin.language')}
        choices={languages}
        value={language}
        onChange={onLanguage}
        testId="prejoin-language"
      />
    </details>
  );
}

function TranscriptNotice() {
  const { t } = useTranslation();
  const isHeard = useConfig()?.captions.available !== false;
  return (
    <Notice icon={NotebookText} title={t(isHeard ? 'prejoin.transcribed' : 'prejoin.untranscribed')}>
      {t(isHeard ? 'prejoin.transcribedText' : 'prejoin.untranscribedText')}
    </Notice>
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
