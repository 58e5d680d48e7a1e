/** Words for what happens around a call, the same on screen and for screen readers. */
import { useTranslation } from 'react-i18next';
import type { Notice, NoticeContent } from '../../../call/notices/notices';
import { useHasKeys } from '../keys/use-has-keys';

/** More names than this are a number. */
const NAMES_MAX = 5;

const URGENT: ReadonlySet<Notice['kind']> = new Set([
  'switched',
  'speaking-muted',
  'transcript-started',
  'transcript-stopped',
  'muted-by-other',
  'device-problem',
  'device-replaced',
  'share-refused',
  'share-failed',
  'share-ended',
]);

/** What changes one's own situation, and is said at once. */
export function isUrgent(notice: Notice): boolean {
  return URGENT.has(notice.kind);
}

/** What the buttons show already is for screen readers alone. */
export const isShown = ({ kind }: Notice): boolean => kind !== 'switched';

export function useNoticeWords(): (notice: NoticeContent) => string {
  const { t, i18n } = useTranslation();
  const hasKeys = useHasKeys();
  const list = (names: readonly string[]) => {
    const known = names.map((name) => name || t('common.unnamedPerson'));
    return new Intl.ListFormat(i18n.language, { type: 'conjunction' }).format(known);
  };
  return (notice) => {
    switch (notice.kind) {
      case 'joined':
      case 'left': {
        const count = notice.names.length;
        if (count > NAMES_MAX) return t(`notices.${notice.kind}Many`, { count });
        return t(`notices.${notice.kind}`, { count, names: list(notice.names) });
      }
      case 'renamed': {
        const [before, name] = [notice.before, notice.name].map((one) => one || t('common.unnamedPerson'));
        return t('notices.renamed', { before, name });
      }
      case 'device-problem':
        return deviceWords(notice, t);
      case 'muted-by-other':
        return t(notice.device === 'audioinput' ? 'notices.mutedByOther' : 'notices.cameraStoppedByOther');
      case 'speaking-muted':
        return t(hasKeys ? 'notices.speakingMuted' : 'notices.speakingMutedTouch');
      case 'switched':
        return t(SWITCHED[notice.device][notice.on ? 'on' : 'off']);
      case 'device-replaced': {
        const { device, label } = notice;
        return t(device === 'audioinput' ? 'notices.microphoneReplaced' : 'notices.cameraReplaced', {
          label,
        });
      }
      case 'share-ended':
        return t('notices.shareEnded');
      case 'share-failed':
        return t('notices.shareFailed');
      case 'share-refused':
        return t('notices.shareRefused');
      case 'transcript-started':
        return t('notices.transcriptStarted');
      case 'transcript-stopped':
        return t('notices.transcriptStopped');
      case 'back':
        return t('notices.back');
    }
  };
}

const SWITCHED = {
  audioinput: { on: 'notices.microphoneOn', off: 'notices.microphoneOff' },
  videoinput: { on: 'notices.cameraOn', off: 'notices.cameraOff' },
} as const;

type DeviceNotice = Extract<NoticeContent, { kind: 'device-problem' }>;

function deviceWords({ device, problem }: DeviceNotice, t: ReturnType<typeof useTranslation>['t']): string {
  if (device === 'audiooutput') return t('devices.speakerFailed');
  return device === 'videoinput' ? t(`devices.camera.${problem}`) : t(`devices.microphone.${problem}`);
}
