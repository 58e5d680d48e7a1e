/** The bar: microphone, camera, share, captions, the panels, settings, leave, in that order. */

import type { ParseKeys } from 'i18next';
import { Mic, MicOff, MonitorUp, MonitorX, PhoneOff, Video, VideoOff } from 'lucide-react';
import { Toolbar } from 'react-aria-components/Toolbar';
import { useTranslation } from 'react-i18next';
import { BarButton, BarToggle } from '../../../ui/BarButton';
import { CaptionsToggle } from '../captions/CaptionsToggle';
import type { PanelEntry } from '../panels/entry';
import { PANELS } from '../panels/panels';
import { SettingsButton } from '../settings/SettingsButton';
import type { CallPreferences } from '../settings/use-call-preferences';
import { usePart, useSession, whole } from '../use-call';
import styles from './ControlBar.module.css';
import { DeviceTrouble } from './DeviceTrouble';
import { useSentLevel } from './use-sent-level';

interface ControlBarProps {
  /** Why there are no captions, or null where there are. */
  refusal: ParseKeys | null;
  panel: string | null;
  togglePanel: (kind: string) => void;
  openHelp: () => void;
  preferences: CallPreferences;
}

export function ControlBar({ refusal, panel, togglePanel, openHelp, preferences }: ControlBarProps) {
  const { t } = useTranslation();
  const session = useSession();
  return (
    <footer className={styles.footer} data-region="bar">
      <Toolbar className={styles.bar ?? ''} aria-label={t('call.controls')}>
        <OwnDevices />
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
        <SettingsButton preferences={preferences} openHelp={openHelp} />
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

function OwnDevices() {
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

function ShareToggle() {
  const { t } = useTranslation();
  const { share } = useSession();
  const isSharing = usePart(share, whole);
  return (
    <BarToggle
      label={t('call.share')}
      hint={t(isSharing ? 'call.shareStop' : 'call.shareStart')}
      icon={MonitorX}
      offIcon={MonitorUp}
      isOn={isSharing}
      onChange={(on) => void share.switch(on)}
      testId="call-share"
    />
  );
}

interface PanelToggleProps {
  entry: PanelEntry;
  isOpen: boolean;
  onToggle: () => void;
}

function PanelToggle({ entry, isOpen, onToggle }: PanelToggleProps) {
  const { t } = useTranslation();
  const badge = entry.useBadge();
  if (!entry.useIsOffered()) return null;
  return (
    <BarToggle
      label={t(entry.words.label)}
      hint={t(entry.words.hint)}
      icon={entry.icon}
      isOn={isOpen}
      onChange={onToggle}
      badge={badge}
      testId={`call-${entry.kind}`}
      className={entry.isWideOnly ? styles.wideOnly : undefined}
    />
  );
}

/** Phones have no such thing; a button that can only fail is not shown. */
function canShareScreen(): boolean {
  return typeof navigator.mediaDevices?.getDisplayMedia === 'function';
}
