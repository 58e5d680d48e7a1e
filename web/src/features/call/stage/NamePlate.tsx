/** The name on a tile, with what is to be known of who bears it. */
import { MicOff, TriangleAlert, WifiOff } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Tile } from '../../../call/stage/tiles';
import { LookalikeMark } from '../people/LookalikeMark';
import styles from './Stage.module.css';

export function NamePlate({ tile, name }: { tile: Tile; name: string }) {
  const { t } = useTranslation();
  const { microphoneOn, quality } = tile.person;
  return (
    <div className={styles.plate} aria-hidden="true">
      {tile.kind === 'person' && !microphoneOn && <MicOff size={15} className={styles.mutedIcon} />}
      {tile.kind === 'person' && quality !== 'good' && (
        <span title={t('call.connectionPoorWhy')} className={styles.poorIcon}>
          {quality === 'lost' ? <WifiOff size={15} /> : <TriangleAlert size={15} />}
        </span>
      )}
      <span className={styles.name} dir="auto">
        {name}
      </span>
      {tile.person.isLookalike && <LookalikeMark />}
    </div>
  );
}
