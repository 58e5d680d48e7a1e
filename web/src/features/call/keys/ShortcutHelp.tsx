/** The list of keys. */
import type { ParseKeys } from 'i18next';
import { useTranslation } from 'react-i18next';
import { Modal } from '../../../ui/Modal';
import { PANELS } from '../panels/panels';
import styles from './ShortcutHelp.module.css';

const KEYS: readonly (readonly [ParseKeys, string])[] = [
  ['shortcuts.microphone', 'Ctrl D'],
  ['shortcuts.camera', 'Ctrl E'],
  ['shortcuts.talk', '␣'],
  ['shortcuts.share', 'S'],
  ['shortcuts.captions', 'C'],
  ...PANELS.map(({ words, letter }) => [words.shortcut, letter.toUpperCase()] as const),
  ['shortcuts.fullScreen', 'F'],
  ['shortcuts.zoom', '+ − 0'],
  ['shortcuts.nextRegion', 'F6'],
  ['shortcuts.close', 'Esc'],
  ['shortcuts.help', '?'],
];

export function ShortcutHelp({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const isMac = /mac|iphone|ipad/i.test(navigator.userAgent);
  return (
    <Modal title={t('shortcuts.title')} isOpen={isOpen} onClose={onClose} isDark>
      <dl className={styles.keys}>
        {KEYS.map(([action, keys]) => (
          <div key={action} className={styles.row}>
            <dt>{t(action)}</dt>
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
