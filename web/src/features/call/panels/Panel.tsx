/** The side panel: a column beside the stage, a whole sheet on a phone. */
import { X } from 'lucide-react';
import type { ReactNode, RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../../ui/Button';
import { useVisit } from '../../../ui/use-arrival';
import styles from './Panel.module.css';

interface PanelProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
  testId: string;
  /** What scrolls. */
  bodyRef?: RefObject<HTMLDivElement | null>;
}

export function Panel({ title, onClose, children, testId, bodyRef }: PanelProps) {
  const { t } = useTranslation();
  const heading = useVisit<HTMLHeadingElement>();
  return (
    <aside className={styles.panel} aria-label={title} tabIndex={-1} data-region="panel" data-testid={testId}>
      <header className={styles.head}>
        <h2 ref={heading} tabIndex={-1} className={styles.title}>
          {title}
        </h2>
        <Button weight="quiet" icon={X} onPress={onClose} aria-label={t('common.close')} />
      </header>
      <div ref={bodyRef} className={styles.body}>
        {children}
      </div>
    </aside>
  );
}
