/** One person or one shared screen on the stage. */
import { MicOff, Pin, PinOff, TriangleAlert, WifiOff } from 'lucide-react';
import type { CSSProperties } from 'react';
import { useTranslation } from 'react-i18next';
import type { Size } from '../../../call/stage/frame';
import type { Placement } from '../../../call/stage/stage';
import type { Tile } from '../../../call/stage/tiles';
import { LookalikeMark } from '../people/LookalikeMark';
import { usePart, useSession } from '../use-call';
import { SelfViewTools } from './SelfViewTools';
import styles from './Stage.module.css';
import { isOwnNote, TilePicture } from './TilePicture';
import { type SelfView, useDragToCorner } from './use-self-view';

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

function useTileName({ person, kind }: Tile): string {
  const { t } = useTranslation();
  const name = person.name || t('common.unnamedPerson');
  if (kind === 'screen') return person.isSelf ? t('call.yourScreen') : t('call.screenOf', { name });
  return person.isSelf ? t('call.you', { name }) : name;
}

function useIsSpeaking({ kind, person }: Tile): boolean {
  const { people } = useSession();
  return usePart(people, ({ speaking }) => kind === 'person' && speaking.includes(person.identity));
}

/** The tile as a screen reader should tell it: "Alice, microphone off, speaking". */
function useTileWords(tile: Tile, isSpeaking: boolean): string {
  const { t } = useTranslation();
  const name = useTileName(tile);
  if (tile.kind === 'screen') return tile.person.isLookalike ? `${name}, ${t('call.lookalike')}` : name;
  const { microphoneOn, quality, isLookalike } = tile.person;
  const words = [
    name,
    isLookalike && t('call.lookalike'),
    !microphoneOn && t('call.microphoneOff'),
    isSpeaking && t('call.speaking'),
    quality === 'poor' && t('call.connectionPoor'),
  ];
  return words.filter(Boolean).join(', ');
}

function NamePlate({ tile, name }: { tile: Tile; name: string }) {
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

function ConnectionLost({ name }: { name: string }) {
  const { t } = useTranslation();
  return (
    <p className={styles.lost}>{t('call.connectionLost', { name: name || t('common.unnamedPerson') })}</p>
  );
}

function PinButton({
  name,
  isPinned,
  onPin,
}: {
  name: string;
  isPinned: boolean;
  onPin: (on: boolean) => void;
}) {
  const { t } = useTranslation();
  const Icon = isPinned ? PinOff : Pin;
  return (
    <button
      type="button"
      className={styles.pin}
      aria-pressed={isPinned}
      aria-label={t('call.pin', { name })}
      onClick={() => onPin(!isPinned)}
    >
      <Icon size={18} aria-hidden />
    </button>
  );
}
