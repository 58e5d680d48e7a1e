/** On one's own small picture: to another corner, for who does not drag, and small or back. */
import { Maximize2, Minimize2, Move } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { IconType } from '../../../ui/Button';
import styles from './SelfViewTools.module.css';
import type { SelfView } from './use-self-view';

export function SelfViewTools({ selfView }: { selfView: SelfView }) {
  const { t } = useTranslation();
  const { minimised, minimise, moveOn } = selfView;
  if (minimised)
    return (
      <button
        type="button"
        className={styles.restore}
        aria-label={t('call.selfRestore')}
        title={t('call.selfRestore')}
        onClick={() => minimise(false)}
        data-testid="self-restore"
      >
        <Maximize2 size={16} aria-hidden />
      </button>
    );
  return (
    <div className={styles.tools}>
      <Tool icon={Move} label={t('call.selfMove')} onPress={moveOn} testId="self-move" />
      <Tool
        icon={Minimize2}
        label={t('call.selfMinimise')}
        onPress={() => minimise(true)}
        testId="self-minimise"
      />
    </div>
  );
}

interface ToolProps {
  icon: IconType;
  label: string;
  onPress: () => void;
  testId: string;
}

function Tool({ icon: Icon, label, onPress, testId }: ToolProps) {
  return (
    <button
      type="button"
      className={styles.tool}
      aria-label={label}
      title={label}
      onClick={onPress}
      data-testid={testId}
    >
      <Icon size={16} aria-hidden />
    </button>
  );
}
