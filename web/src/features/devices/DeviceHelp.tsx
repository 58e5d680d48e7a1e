/** Says what keeps camera or microphone shut and where to click in this very browser. */
import { useTranslation } from 'react-i18next';
import type { DeviceProblem } from '../../call/devices/devices';
import { Notice } from '../../ui/Notice';
import { type BrowserFamily, browserFamily } from './browser-family';
import styles from './DeviceHelp.module.css';

interface DeviceHelpProps {
  camera: DeviceProblem | null;
  microphone: DeviceProblem | null;
  /** What the person can do all the same. */
  wayOn: string;
}

export function DeviceHelp({ camera, microphone, wayOn }: DeviceHelpProps) {
  const { t } = useTranslation();
  const problems = [camera, microphone];
  if (problems.includes('insecure')) {
    return (
      <Notice tone="warning" title={t('devices.insecureTitle')}>
        {t('devices.insecureText')}
      </Notice>
    );
  }
  if (problems.includes('blocked')) return <BlockedHelp wayOn={wayOn} />;
  const rest = [camera && t(`devices.camera.${camera}`), microphone && t(`devices.microphone.${microphone}`)];
  const lines = rest.filter((line) => line !== null);
  if (lines.length === 0) return null;
  return (
    <Notice tone="warning">
      {lines.map((line) => (
        <p key={line}>{line}</p>
      ))}
      <p>{wayOn}</p>
    </Notice>
  );
}

function BlockedHelp({ wayOn }: { wayOn: string }) {
  const { t } = useTranslation();
  const family = browserFamily(navigator.userAgent);
  return (
    <Notice tone="warning" title={t('devices.blockedTitle')}>
      <p>{t(`devices.blockedSteps.${family}`)}</p>
      <AddressBar family={family} />
      <p>{wayOn}</p>
    </Notice>
  );
}

/** A sketch of the address bar with the place to press marked; the steps beside it say the same in words. */
function AddressBar({ family }: { family: BrowserFamily }) {
  const atStart = family !== 'safari';
  const mark = atStart ? 26 : 254;
  return (
    <svg className={styles.addressBar} viewBox="0 0 280 40" aria-hidden="true">
      <rect x="1" y="5" width="278" height="30" rx="15" className={styles.addressField} />
      <text x="140" y="25" textAnchor="middle" className={styles.addressText}>
        {location.host}
      </text>
      <circle cx={mark} cy="20" r="11" className={styles.addressMark} />
      <path d={`M${mark - 5} 17h10M${mark - 5} 23h10`} className={styles.addressIcon} />
      <circle cx={mark - 2} cy="17" r="2" className={styles.addressIcon} />
      <circle cx={mark + 2} cy="23" r="2" className={styles.addressIcon} />
    </svg>
  );
}
