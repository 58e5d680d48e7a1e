/** The list of keys. */
import { useTranslation } from 'react-i18next';
import { Modal } from '../../../ui/Modal';
import styles from './ShortcutHelp.module.css';

const KEYS = [
  ['microphone', 'Ctrl D'],
  ['camera', 'Ctrl E'],
  ['talk', '␣'],
  ['share', 'S'],
  ['captions', 'C'],
  ['people', 'P'],
  ['transcript', 'T'],
  ['fullScreen', 'F'],
  ['zoom', '+ − 0'],
  ['nextRegion', 'F6'],
  ['close', 'Esc'],
  ['help', '?'],
] as const;

export function ShortcutHelp({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const isMac = /mac|iphone|ipad/i.test(navigator.userAgent);
  return (
    <Modal title={t('shortcuts.title')} isOpen={isOpen} onClose={onClose} isDark>
      <dl className={styles.keys}>
        {KEYS.map(([action, keys]) => (
          <div key={action} className={styles.row}>
            <dt>{t(`shortcuts.${action}`)}</dt>
            <dd>
              {keys.split(' ').map((key) => (
                <kbd key={key} className={styles.key}>
                  {key === 'Ctrl' && isMac ? '⌘' : key === '␣' ? t('shortcuts.space') : key}
                </kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
