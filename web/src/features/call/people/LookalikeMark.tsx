/** Beside a name that looks like the name of somebody who had it before: a sign, and the words for it. */
import { ShieldAlert } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import styles from './LookalikeMark.module.css';

export function LookalikeMark() {
  const { t } = useTranslation();
  const words = t('call.lookalike');
  return (
    <span className={styles.mark} title={words} data-testid="lookalike">
      <ShieldAlert size="1.15em" aria-hidden />
      <span className="visually-hidden">{`(${words})`}</span>
    </span>
  );
}
