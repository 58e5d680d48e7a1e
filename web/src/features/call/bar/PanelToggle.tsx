/** Opens and closes one panel of the call. */
import { useTranslation } from 'react-i18next';
import { BarToggle } from '../../../ui/BarButton';
import type { PanelEntry } from '../panels/entry';
import styles from './ControlBar.module.css';

interface PanelToggleProps {
  entry: PanelEntry;
  isOpen: boolean;
  onToggle: () => void;
}

export function PanelToggle({ entry, isOpen, onToggle }: PanelToggleProps) {
  const { t } = useTranslation();
  const badge = entry.useBadge();
  if (!entry.useIsOffered()) return null;
  return (
    <BarToggle
      label={t(entry.words.label)}
      hint={t(entry.words.hint)}
      icon={entry.icon}
      isOn={isOpen}
      onChange={onToggle}
      badge={badge}
      testId={`call-${entry.kind}`}
      className={entry.isWideOnly ? styles.wideOnly : undefined}
    />
  );
}
