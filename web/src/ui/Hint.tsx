/** A tooltip: what a control does and its key, on hover and on keyboard focus. */
import type { ReactElement } from 'react';
import { Tooltip, TooltipTrigger } from 'react-aria-components/Tooltip';
import styles from './Hint.module.css';

/** Where hints are drawn: within a landmark, so that a screen reader's user meets them in their place. */
const hintPlace = () => document.querySelector('main') ?? document.body;

export function Hint({ text, children }: { text: string; children: ReactElement }) {
  return (
    <TooltipTrigger delay={500} closeDelay={0}>
      {children}
      <Tooltip className={styles.hint ?? ''} offset={6} UNSTABLE_portalContainer={hintPlace()}>
        {text}
      </Tooltip>
    </TooltipTrigger>
  );
}
