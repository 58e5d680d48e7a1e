/** The bar: microphone, camera, share, captions, people, transcript, settings, leave, in that order. */
import {
  Captions,
  CaptionsOff,
  Mic,
  MicOff,
  MonitorUp,
  MonitorX,
  NotebookText,
  PhoneOff,
  Users,
  Video,
  VideoOff,
} from 'lucide-react';
import { Toolbar } from 'react-aria-components/Toolbar';
import { useTranslation } from 'react-i18next';
import type { CallView } from '../../../call/call-view';
import type { CallSession } from '../../../call/session';
import { BarButton, BarToggle } from '../../../ui/BarButton';
import { SettingsButton } from '../settings/SettingsButton';
import type { CallPreferences } from '../settings/use-call-preferences';
import styles from './ControlBar.module.css';
import { DeviceTrouble } from './DeviceTrouble';

export type PanelKind = 'people' | 'transcript';

interface ControlBarProps {
  session: CallSession;
  call: CallView;
  sharing: boolean;
  panel: PanelKind | null;
  togglePanel: (kind: PanelKind) => void;
  openHelp: () => void;
  preferences: CallPreferences;
  hasTranscript: boolean;
}

export function ControlBar(props: ControlBarProps) {
  const { session, call, sharing, panel, togglePanel, openHelp, preferences, hasTranscript } = props;
  const { t } = useTranslation();
  return (
    <footer className={styles.footer} data-region="bar">
      <Toolbar className={styles.bar ?? ''} aria-label={t('call.controls')}>
        <OwnDevices session={session} call={call} />
        <DeviceTrouble troubles={call.deviceProblems} />
        {canShareScreen() && (
          <BarToggle
            label={t('call.share')}
            hint={t(sharing ? 'call.shareStop' : 'call.shareStart')}
            icon={MonitorX}
            offIcon={MonitorUp}
            isOn={sharing}
            onChange={(on) => void session.setScreenShare(on)}
            testId="call-share"
          />
        )}
        <BarToggle
          label={t('call.captions')}
          hint={t(call.captionsOn ? 'call.captionsHide' : 'call.captionsShow')}
          icon={Captions}
          offIcon={CaptionsOff}
          isOn={call.captionsOn}
          onChange={(on) => session.setCaptions(on)}
          testId="call-captions"
        />
        <BarToggle
          label={t('call.people')}
          hint={t('call.peopleHint')}
          icon={Users}
          isOn={panel === 'people'}
          onChange={() => togglePanel('people')}
          badge={call.people.length > 1 ? String(call.people.length) : undefined}
          testId="call-people"
        />
        {hasTranscript && (
          <BarToggle
            label={t('call.transcript')}
            hint={t('call.transcriptHint')}
            icon={NotebookText}
            isOn={panel === 'transcript'}
            onChange={() => togglePanel('transcript')}
            testId="call-transcript"
            className={styles.wideOnly}
          />
        )}
        <SettingsButton session={session} call={call} preferences={preferences} openHelp={openHelp} />
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

function OwnDevices({ session, call }: { session: CallSession; call: CallView }) {
  const { t } = useTranslation();
  return (
    <>
      <BarToggle
        label={t('call.microphone')}
        hint={t(call.microphoneOn ? 'call.mute' : 'call.unmute')}
        icon={Mic}
        offIcon={MicOff}
        off="alarm"
        isOn={call.microphoneOn}
        onChange={(on) => session.setMicrophone(on)}
        testId="call-mic"
      />
      <BarToggle
        label={t('call.camera')}
        hint={t(call.cameraOn ? 'call.cameraStop' : 'call.cameraStart')}
        icon={Video}
        offIcon={VideoOff}
        off="alarm"
        isOn={call.cameraOn}
        onChange={(on) => session.setCamera(on)}
        testId="call-camera"
      />
    </>
  );
}

/** Phones have no such thing; a button that can only fail is not shown. */
function canShareScreen(): boolean {
  return typeof navigator.mediaDevices?.getDisplayMedia === 'function';
}
