/** Keeps a tile large, until pressed again. */
import { Pin, PinOff } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import styles from './Stage.module.css';

interface PinButtonProps {
  name: string;
  isPinned: boolean;
  onPin: (on: boolean) => void;
}

export function PinButton({ name, isPinned, onPin }: PinButtonProps) {
  const { t } = useTranslation();
  const Icon = isPinned ? PinOff : Pin;
  return (
    <button
      type="button"
      className={styles.pin}
      aria-pressed={isPinned}
      aria-label={t('call.pin', { name })}
      onClick={() => onPin(!isPinned)}
    >
      <Icon size={18} aria-hidden />
    </button>
  );
}
