/** A calm box that tells something worth knowing before going on. */
import { CircleAlert, Info } from 'lucide-react';
import type { ReactNode } from 'react';
import type { IconType } from './Button';
import styles from './Notice.module.css';

interface NoticeProps {
  tone?: 'info' | 'warning';
  icon?: IconType;
  title?: string;
  children: ReactNode;
}

export function Notice({ tone = 'info', icon, title, children }: NoticeProps) {
  const Icon = icon ?? (tone === 'warning' ? CircleAlert : Info);
  return (
    <div className={`${styles.notice} ${styles[tone]}`}>
      <Icon size={20} aria-hidden />
      <div>
        {title !== undefined && <p className={styles.title}>{title}</p>}
        {children}
      </div>
    </div>
  );
}
