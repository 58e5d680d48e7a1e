/** One person or one shared screen on the stage. */
import type { CSSProperties } from 'react';
import { useTranslation } from 'react-i18next';
import type { Placement } from '../../../call/stage/arrangement';
import type { Size } from '../../../call/stage/frame';
import type { Tile } from '../../../call/stage/tiles';
import { usePart, useSession } from '../use-call';
import { NamePlate } from './NamePlate';
import { PinButton } from './PinButton';
import { SelfViewTools } from './SelfViewTools';
import styles from './Stage.module.css';
import { isOwnNote, TilePicture } from './TilePicture';
import { type SelfView, useDragToCorner } from './use-self-view';
import { useTileName, useTileWords } from './use-tile-words';

interface TileViewProps {
  placement: Placement;
  stage: Size;
  selfView: SelfView;
  aspects: ReadonlyMap<string, number>;
  onShape: (id: string, aspect: number) => void;
  isPinned: boolean;
  canPin: boolean;
  onPin: (on: boolean) => void;
}

export function TileView(props: TileViewProps) {
  const { placement, stage, selfView, aspects, onShape, isPinned, canPin, onPin } = props;
  const { tile, role, x, y, width, height } = placement;
  const { person, kind } = tile;
  const name = useTileName(tile);
  const isSpeaking = useIsSpeaking(tile);
  const isFloat = role === 'float';
  const isMinimised = isFloat && selfView.minimised;
  const { by, handlers } = useDragToCorner(placement, stage, selfView.move);
  const place: CSSProperties = {
    width,
    height,
    transform: `translate(${Math.round(x + (by?.x ?? 0))}px, ${Math.round(y + (by?.y ?? 0))}px)`,
    ...(by && { transition: 'none' }),
  };
  return (
    <figure
      className={`${styles.tile} ${styles[role] ?? ''} ${isMinimised ? styles.minimised : ''}`}
      style={place}
      aria-label={useTileWords(tile, isSpeaking)}
      aria-hidden={role === 'coming'}
      data-role={role}
      data-testid="call-tile"
      data-kind={kind}
      data-identity={person.identity}
      data-name={person.name}
      data-self={person.isSelf}
      data-speaking={isSpeaking}
      data-muted={!person.microphoneOn}
      {...(isFloat && handlers)}
    >
      <TilePicture placement={placement} aspects={aspects} onShape={onShape} />
      {person.quality === 'lost' && !person.isSelf && <ConnectionLost name={person.name} />}
      {isFloat && <SelfViewTools selfView={selfView} />}
      {(isPinned || (canPin && !isFloat && role !== 'coming')) && (
        <PinButton name={name} isPinned={isPinned} onPin={onPin} />
      )}
      {!isOwnNote(placement) && !isMinimised && <NamePlate tile={tile} name={name} />}
    </figure>
  );
}

function useIsSpeaking({ kind, person }: Tile): boolean {
  const { people } = useSession();
  return usePart(people, ({ speaking }) => kind === 'person' && speaking.includes(person.identity));
}

function ConnectionLost({ name }: { name: string }) {
  const { t } = useTranslation();
  return (
    <p className={styles.lost}>{t('call.connectionLost', { name: name || t('common.unnamedPerson') })}</p>
  );
}
