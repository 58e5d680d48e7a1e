/** Copies a text and says that it did, or what to do where the browser forbids it. */
import { Check } from 'lucide-react';
import { useEffect, useState } from 'react';
import { copyText } from '../browser/copy-text';
import { Button, type ButtonWeight, type IconType } from './Button';
import styles from './CopyButton.module.css';

const SAID_MS = 2_500;

interface CopyButtonProps {
  text: () => string;
  label: string;
  copied: string;
  /** Shown and announced where nothing was copied; stays until the next press. */
  refused: string;
  icon: IconType;
  weight?: ButtonWeight;
  testId: string;
}

export function CopyButton({ text, label, copied, refused, icon, weight, testId }: CopyButtonProps) {
  const [outcome, setOutcome] = useState<'copied' | 'refused'>();
  useEffect(() => {
    if (outcome !== 'copied') return;
    const timer = setTimeout(() => setOutcome(undefined), SAID_MS);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = async () => setOutcome((await copyText(text())) ? 'copied' : 'refused');
  return (
    <>
      <Button
        {...(weight && { weight })}
        icon={outcome === 'copied' ? Check : icon}
        onPress={() => void copy()}
        data-testid={testId}
      >
        {outcome === 'copied' ? copied : label}
      </Button>
      <span role="status" className={outcome === 'refused' ? styles.refused : 'visually-hidden'}>
        {outcome === 'copied' && copied}
        {outcome === 'refused' && refused}
      </span>
    </>
  );
}
