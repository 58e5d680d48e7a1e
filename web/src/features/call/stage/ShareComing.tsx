/** Says whose screen is on its way, above the people who stay where they are. */
import { useTranslation } from 'react-i18next';
import { Waiting } from '../../../ui/Waiting';
import styles from './Stage.module.css';

export function ShareComing({ name }: { name: string }) {
  const { t } = useTranslation();
  return (
    <div className={styles.shareComing} data-testid="share-coming">
      <Waiting label={t('call.shareComing', { name: name || t('common.unnamedPerson') })} />
    </div>
  );
}
