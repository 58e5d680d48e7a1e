/** A control of the call bar: an icon over its label; a switch shows its state by icon, shape and colour. */
import { Clock } from 'lucide-react';
import type { MouseEvent, ReactElement, RefObject } from 'react';
import { Button, type ButtonProps } from 'react-aria-components/Button';
import { ToggleButton } from 'react-aria-components/ToggleButton';
import styles from './BarButton.module.css';
import type { IconType } from './Button';
import { Hint } from './Hint';

/**
 * A press with the mouse leaves the focus, and with it the keys, to the call: Space goes on to mean "talk". Tab still
 * comes here. `preventFocusOnPress` would give the focus back to whom it had, and the page itself cannot take it.
 */
const keepFocus = (event: MouseEvent) => event.preventDefault();

interface BarToggleProps {
  label: string;
  /** What a press does, with its key. */
  hint: string;
  icon: IconType;
  offIcon?: IconType;
  isOn: boolean;
  onChange: (on: boolean) => void;
  /** One's own devices are lit while they send and red while they do not; what is opened is underlined. */
  look?: 'device' | 'plain';
  badge?: string | undefined;
  /** Captions come late. */
  mark?: 'late' | undefined;
  /** Switched on, and on its way. */
  isStarting?: boolean;
  /** Why there is nothing to switch; said by the hint, so the button can still be reached. */
  unavailable?: string | undefined;
  testId?: string;
  className?: string | undefined;
  /** Around the icon; who has it sets `--level`, from 0 to 1, outside of React. */
  ring?: RefObject<HTMLSpanElement | null>;
}

export function BarToggle(props: BarToggleProps): ReactElement {
  const { label, hint, icon, offIcon = icon, isOn, onChange, look = 'plain', badge, mark, testId } = props;
  const { unavailable, isStarting = false } = props;
  const Icon = isOn ? icon : offIcon;
  return (
    <Hint text={unavailable ?? hint}>
      <ToggleButton
        isSelected={isOn}
        onChange={(on) => unavailable === undefined && onChange(on)}
        onMouseDown={keepFocus}
        className={`${styles.bar} ${styles[look]} ${props.className ?? ''}`}
        data-testid={testId}
        data-starting={isStarting}
        data-unavailable={unavailable !== undefined}
      >
        <span className={styles.icon}>
          {props.ring && <span ref={props.ring} className={styles.ring} data-testid="sent-level" />}
          <Icon size={22} aria-hidden />
          {badge !== undefined && <span className={styles.badge}>{badge}</span>}
          {mark === 'late' && (
            <span className={styles.badge} data-mark="late">
              <Clock size={14} aria-hidden />
            </span>
          )}
        </span>
        <span className={styles.label}>{label}</span>
        {unavailable !== undefined && <span className="visually-hidden">. {unavailable}</span>}
      </ToggleButton>
    </Hint>
  );
}

interface BarButtonProps {
  label: string;
  hint: string;
  icon: IconType;
  /** `sending` is lit: others see or hear what a press ends. */
  tone?: 'plain' | 'sending' | 'leave';
  onPress?: ButtonProps['onPress'];
  testId?: string;
}

export function BarButton({ label, hint, icon: Icon, tone = 'plain', onPress, testId }: BarButtonProps) {
  return (
    <Hint text={hint}>
      <Button
        className={`${styles.bar} ${styles[tone]}`}
        data-testid={testId}
        onMouseDown={keepFocus}
        {...(onPress && { onPress })}
      >
        <span className={styles.icon}>
          <Icon size={22} aria-hidden />
        </span>
        <span className={styles.label}>{label}</span>
      </Button>
    </Hint>
  );
}
