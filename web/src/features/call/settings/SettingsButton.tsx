/** Devices, the language one speaks, and how the call is shown; open beside the call, not over it. */
import { Keyboard, Settings2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useConfig } from '../../../api/use-config';
import { remember } from '../../../me/preferences';
import { AUTO, useLanguageChoices } from '../../../me/speech-languages';
import { BarButton } from '../../../ui/BarButton';
import { Button } from '../../../ui/Button';
import { Flyout } from '../../../ui/Flyout';
import { Select } from '../../../ui/Select';
import { Switch } from '../../../ui/Switch';
import { useHasKeys } from '../keys/use-has-keys';
import { TRANSCRIPT } from '../panels/transcript/entry';
import { OpenTranscript } from '../panels/transcript/OpenTranscript';
import { usePart, useSession } from '../use-call';
import { CaptionLookSelects } from './CaptionLookSelects';
import { DeviceSelects } from './DeviceSelects';
import styles from './SettingsButton.module.css';
import type { CallPreferences } from './use-call-preferences';

interface SettingsButtonProps {
  preferences: CallPreferences;
  openPanel: (kind: string) => void;
  openHelp: () => void;
}

export function SettingsButton({ preferences, openPanel, openHelp }: SettingsButtonProps) {
  const { t } = useTranslation();
  const session = useSession();
  const hasKeys = useHasKeys();
  const language = usePart(session.captions, (view) => view.language);
  const languages = useLanguageChoices(useConfig()?.captions.languages);
  const speak = (id: string) => {
    const spoken = id === AUTO ? null : id;
    remember('language', spoken);
    session.captions.setLanguage(spoken);
  };
  return (
    <Flyout
      isDark
      title={t('call.settings')}
      trigger={
        <BarButton
          label={t('call.settings')}
          hint={t('call.settingsHint')}
          icon={Settings2}
          testId="call-settings"
        />
      }
    >
      {TRANSCRIPT.useIsOffered() && (
        <div className={styles.narrowOnly}>
          <OpenTranscript openPanel={openPanel} />
        </div>
      )}
      <DeviceSelects />
      <Select
        label={t('prejoin.language')}
        choices={languages}
        value={language ?? AUTO}
        onChange={speak}
        testId="call-language"
      />
      <Switch
        label={t('call.hideSelf')}
        isSelected={preferences.selfHidden}
        onChange={preferences.setSelfHidden}
      />
      <CaptionLookSelects look={preferences.captionLook} onChange={preferences.setCaptionLook} />
      <Switch
        label={t('call.captionsAloud')}
        hint={t('call.captionsAloudHint')}
        isSelected={preferences.captionsAloud}
        onChange={preferences.setCaptionsAloud}
      />
      {hasKeys && (
        <Button weight="quiet" icon={Keyboard} onPress={openHelp}>
          {t('shortcuts.title')}
        </Button>
      )}
    </Flyout>
  );
}
