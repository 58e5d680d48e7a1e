/** Somebody who is in this call in another tab decides where it goes on. */
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { JoinOptions } from '../../call/session';
import { isInOtherTab, takeOver } from '../../call/tabs';
import { Button } from '../../ui/Button';
import { Modal } from '../../ui/Modal';
import styles from './OtherTab.module.css';

/** `enter` is called at once where no other tab is in the call, else when the person wants the call here. */
export function useOneTab(code: string, enter: (options: JoinOptions) => void) {
  const [waiting, setWaiting] = useState<JoinOptions | null>(null);
  const join = async (options: JoinOptions) => {
    if (await isInOtherTab(code)) setWaiting(options);
    else enter(options);
  };
  const move = async (options: JoinOptions) => {
    await takeOver(code);
    setWaiting(null);
    enter(options);
  };
  const question = waiting && (
    <OtherTabQuestion onMove={() => void move(waiting)} onStay={() => setWaiting(null)} />
  );
  return { join: (options: JoinOptions) => void join(options), question };
}

function OtherTabQuestion({ onMove, onStay }: { onMove: () => void; onStay: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal title={t('otherTab.title')} isOpen onClose={onStay}>
      <p>{t('otherTab.text')}</p>
      <div className={styles.choices}>
        <Button weight="primary" onPress={onMove} data-testid="other-tab-move">
          {t('otherTab.move')}
        </Button>
        <Button onPress={onStay} data-testid="other-tab-stay">
          {t('otherTab.stay')}
        </Button>
      </div>
    </Modal>
  );
}
