/** One choice out of a list, with its label; used for devices and languages. */
import { Check, ChevronDown } from 'lucide-react';
import { Button } from 'react-aria-components/Button';
import { Label } from 'react-aria-components/Label';
import { ListBox, ListBoxItem } from 'react-aria-components/ListBox';
import { Popover } from 'react-aria-components/Popover';
import { Select as AriaSelect, SelectValue } from 'react-aria-components/Select';
import type { IconType } from './Button';
import styles from './Select.module.css';

export interface Choice {
  id: string;
  label: string;
}

interface SelectProps {
  label: string;
  icon?: IconType;
  choices: readonly Choice[];
  value: string | null;
  onChange: (id: string) => void;
  placeholder?: string;
  /** Where an icon and the place say what is chosen; screen readers still read it. */
  isLabelHidden?: boolean;
  testId?: string;
}

export function Select({
  label,
  icon: Icon,
  choices,
  value,
  onChange,
  placeholder,
  isLabelHidden = false,
  testId,
}: SelectProps) {
  return (
    <AriaSelect
      className={styles.select ?? ''}
      value={value}
      onChange={(id) => id !== null && onChange(String(id))}
      isDisabled={choices.length === 0}
      {...(placeholder !== undefined && { placeholder })}
    >
      <Label className={isLabelHidden ? 'visually-hidden' : styles.label}>{label}</Label>
      <Button className={styles.button ?? ''} data-testid={testId}>
        {Icon && <Icon size={18} aria-hidden />}
        <SelectValue className={styles.value ?? ''} />
        <ChevronDown size={18} aria-hidden />
      </Button>
      <Popover className={styles.popover ?? ''} offset={4}>
        <ListBox className={styles.list ?? ''} items={choices}>
          {(choice) => (
            <ListBoxItem id={choice.id} textValue={choice.label} className={styles.item ?? ''}>
              {({ isSelected }) => (
                <>
                  <span className={styles.tick}>{isSelected && <Check size={16} aria-hidden />}</span>
                  {choice.label}
                </>
              )}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}
