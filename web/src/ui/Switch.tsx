/** An on/off setting with its words beside it; the knob's place and a tick show the state, not colour alone. */
import { Check } from 'lucide-react';
import { Switch as AriaSwitch } from 'react-aria-components/Switch';
import styles from './Switch.module.css';

interface SwitchProps {
  label: string;
  hint?: string;
  isSelected: boolean;
  onChange: (on: boolean) => void;
}

export function Switch({ label, hint, isSelected, onChange }: SwitchProps) {
  return (
    <AriaSwitch className={styles.switch ?? ''} isSelected={isSelected} onChange={onChange}>
      <span className={styles.words}>
        <span className={styles.label}>{label}</span>
        {hint !== undefined && <span className={styles.hint}>{hint}</span>}
      </span>
      <span className={styles.track}>
        <span className={styles.knob}>{isSelected && <Check size={14} strokeWidth={3} aria-hidden />}</span>
      </span>
    </AriaSwitch>
  );
}
