/** One person or one shared screen on the stage. */
import { MicOff, MonitorUp, Pin, PinOff, TriangleAlert, WifiOff } from 'lucide-react';
import type { CSSProperties } from 'react';
import { useTranslation } from 'react-i18next';
import { CAMERA_ASPECT, needsMargins } from '../../../call/stage/frame';
import type { Placement } from '../../../call/stage/stage';
import type { Tile } from '../../../call/stage/tiles';
import { initialsOf, speakerColour } from '../../../ui/speaker-colour';
import { usePart, useSession } from '../use-call';
import { PictureView } from './PictureView';
import styles from './Stage.module.css';
import { ZoomView } from './ZoomView';

interface TileViewProps {
  placement: Placement;
  aspects: ReadonlyMap<string, number>;
  onShape: (id: string, aspect: number) => void;
  isPinned: boolean;
  canPin: boolean;
  onPin: (on: boolean) => void;
}

export function TileView({ placement, aspects, onShape, isPinned, canPin, onPin }: TileViewProps) {
  const { tile, role, x, y, width, height } = placement;
  const { person, kind } = tile;
  const name = useTileName(tile);
  const isSpeaking = useIsSpeaking(tile);
  const place: CSSProperties = {
    width,
    height,
    transform: `translate(${Math.round(x)}px, ${Math.round(y)}px)`,
  };
  return (
    <figure
      className={`${styles.tile} ${styles[role] ?? ''}`}
      style={place}
      aria-label={useTileWords(tile, isSpeaking)}
      data-testid="call-tile"
      data-kind={kind}
      data-identity={person.identity}
      data-name={person.name}
      data-self={person.isSelf}
      data-speaking={isSpeaking}
      data-muted={!person.microphoneOn}
    >
      <TilePicture placement={placement} aspects={aspects} onShape={onShape} />
      {person.quality === 'lost' && !person.isSelf && <ConnectionLost name={person.name} />}
      {(isPinned || (canPin && role !== 'float')) && (
        <PinButton name={name} isPinned={isPinned} onPin={onPin} />
      )}
      {!isOwnNote(placement) && <NamePlate tile={tile} name={name} />}
    </figure>
  );
}

function TilePicture({
  placement,
  aspects,
  onShape,
}: Pick<TileViewProps, 'placement' | 'aspects' | 'onShape'>) {
  const { person, picture, kind } = placement.tile;
  if (!picture) return <Avatar identity={person.identity} name={person.name} />;
  if (isOwnNote(placement)) return <OwnScreen />;
  const whole = kind === 'screen' || needsMargins(aspects.get(picture.id) ?? CAMERA_ASPECT, placement);
  const mirrored = kind === 'person' && person.isSelf;
  const look = `${styles.video} ${whole ? styles.whole : ''} ${mirrored ? styles.mirrored : ''}`;
  const view = <PictureView picture={picture} className={look} onShape={onShape} />;
  if (kind === 'person') return view;
  return (
    <ZoomView tile={placement} isActive={placement.role === 'main'}>
      {view}
    </ZoomView>
  );
}

/** A small picture of one's own screen would be the screen in the screen, without end: words stand for it. */
function isOwnNote({ tile, role }: Placement): boolean {
  return tile.kind === 'screen' && tile.person.isSelf && role !== 'main';
}

function OwnScreen() {
  const { t } = useTranslation();
  return (
    <p className={styles.ownScreen}>
      <MonitorUp size={28} aria-hidden />
      {t('call.youShare')}
    </p>
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
  if (tile.kind === 'screen') return name;
  const { microphoneOn, quality } = tile.person;
  const words = [
    name,
    !microphoneOn && t('call.microphoneOff'),
    isSpeaking && t('call.speaking'),
    quality === 'poor' && t('call.connectionPoor'),
  ];
  return words.filter(Boolean).join(', ');
}

function Avatar({ identity, name }: { identity: string; name: string }) {
  return (
    <div className={styles.avatar} style={speakerColour(identity)} aria-hidden="true">
      <span className={styles.initials}>{initialsOf(name)}</span>
    </div>
  );
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
