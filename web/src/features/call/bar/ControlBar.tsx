/** The bar: microphone, camera, share, captions, the panels, settings, leave, in that order. */
import type { ParseKeys } from 'i18next';
import { PhoneOff } from 'lucide-react';
import { Toolbar } from 'react-aria-components/Toolbar';
import { useTranslation } from 'react-i18next';
import { BarButton } from '../../../ui/BarButton';
import { CaptionsToggle } from '../captions/CaptionsToggle';
import { PANELS } from '../panels/panels';
import { SettingsButton } from '../settings/SettingsButton';
import type { CallPreferences } from '../settings/use-call-preferences';
import { useSession } from '../use-call';
import styles from './ControlBar.module.css';
import { DeviceToggles } from './DeviceToggles';
import { DeviceTrouble } from './DeviceTrouble';
import { PanelToggle } from './PanelToggle';
import { canShareScreen, ShareToggle } from './ShareToggle';

interface ControlBarProps {
  /** Why there are no captions, or null where there are. */
  refusal: ParseKeys | null;
  panel: string | null;
  togglePanel: (kind: string) => void;
  openPanel: (kind: string) => void;
  openHelp: () => void;
  preferences: CallPreferences;
}

export function ControlBar(props: ControlBarProps) {
  const { refusal, panel, togglePanel, openPanel, openHelp, preferences } = props;
  const { t } = useTranslation();
  const session = useSession();
  return (
    <footer className={styles.footer} data-region="bar">
      <Toolbar className={styles.bar ?? ''} aria-label={t('call.controls')}>
        <DeviceToggles />
        <DeviceTrouble />
        {canShareScreen() && <ShareToggle />}
        <CaptionsToggle refusal={refusal} />
        {PANELS.map((entry) => (
          <PanelToggle
            key={entry.kind}
            entry={entry}
            isOpen={panel === entry.kind}
            onToggle={() => togglePanel(entry.kind)}
          />
        ))}
        <SettingsButton preferences={preferences} openPanel={openPanel} openHelp={openHelp} />
        <BarButton
          label={t('call.leave')}
          hint={t('call.leaveHint')}
          icon={PhoneOff}
          tone="leave"
          onPress={() => session.leave()}
          testId="call-leave"
        />
      </Toolbar>
    </footer>
  );
}
