/** A small surface that opens from a button and closes on Escape or a press elsewhere. */
import type { ReactElement, ReactNode } from 'react';
import { Dialog, DialogTrigger } from 'react-aria-components/Dialog';
import { Heading } from 'react-aria-components/Heading';
import { Popover } from 'react-aria-components/Popover';
import styles from './Flyout.module.css';

interface FlyoutProps {
  title: string;
  trigger: ReactElement;
  children: ReactNode;
  isDark?: boolean;
}

export function Flyout({ title, trigger, children, isDark = false }: FlyoutProps) {
  return (
    <DialogTrigger>
      {trigger}
      <Popover className={styles.popover ?? ''} offset={8} {...(isDark && { 'data-theme': 'dark' })}>
        <Dialog className={styles.dialog ?? ''}>
          <Heading slot="title" level={2} className={styles.title ?? ''}>
            {title}
          </Heading>
          {children}
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}
