/** The side panel: a column beside the stage, a whole sheet on a phone. */
import { X } from 'lucide-react';
import { type ReactNode, type RefObject, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../../ui/Button';
import { useVisit } from '../../../ui/use-arrival';
import styles from './Panel.module.css';

interface PanelProps {
  /** As in `panels.ts`. */
  kind: string;
  title: string;
  onClose: () => void;
  children: ReactNode;
  /** What scrolls. */
  bodyRef?: RefObject<HTMLDivElement | null>;
}

export function Panel({ kind, title, onClose, children, bodyRef }: PanelProps) {
  const { t } = useTranslation();
  const wasClosedByKey = useEscape();
  // Who closed it by mouse holds Space to talk next, which a focused button would take for a press.
  const heading = useVisit<HTMLHeadingElement>(() => (wasClosedByKey.current ? openerOf(kind) : null));
  return (
    <aside
      className={styles.panel}
      aria-label={title}
      tabIndex={-1}
      data-region="panel"
      data-testid={`${kind}-panel`}
    >
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

/** Whether Escape was pressed while the panel was open, no matter what handled it. */
function useEscape(): RefObject<boolean> {
  const pressed = useRef(false);
  useEffect(() => {
    const note = ({ key }: KeyboardEvent) => {
      if (key === 'Escape') pressed.current = true;
    };
    window.addEventListener('keydown', note, true);
    return () => window.removeEventListener('keydown', note, true);
  }, []);
  return pressed;
}

const openerOf = (kind: string) => document.querySelector<HTMLElement>(`[data-testid="call-${kind}"]`);
