/** What fills a tile: a picture, or what stands for one that is off or on its way. */
import { MonitorUp } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Placement } from '../../../call/stage/arrangement';
import { CAMERA_ASPECT, needsMargins } from '../../../call/stage/frame';
import { initialsOf, speakerColour } from '../../../ui/speaker-colour';
import { PictureView } from './PictureView';
import styles from './Stage.module.css';
import { ZoomView } from './ZoomView';

interface TilePictureProps {
  placement: Placement;
  aspects: ReadonlyMap<string, number>;
  onShape: (id: string, aspect: number) => void;
}

export function TilePicture({ placement, aspects, onShape }: TilePictureProps) {
  const { person, picture, kind } = placement.tile;
  if (!picture) return <Avatar identity={person.identity} name={person.name} />;
  if (isOwnNote(placement)) return <OwnScreen />;
  const whole = kind === 'screen' || needsMargins(aspects.get(picture.id) ?? CAMERA_ASPECT, placement);
  const mirrored = kind === 'person' && person.isSelf;
  // Its shape is known with the first frame.
  const isComing = !aspects.has(picture.id);
  const look = [styles.video, whole && styles.whole, mirrored && styles.mirrored, isComing && styles.coming];
  const view = <PictureView picture={picture} className={look.filter(Boolean).join(' ')} onShape={onShape} />;
  if (kind === 'person')
    return (
      <>
        {isComing && <Avatar identity={person.identity} name={person.name} />}
        {view}
      </>
    );
  return (
    <ZoomView tile={placement} isActive={placement.role === 'main' && !isComing}>
      {view}
    </ZoomView>
  );
}

/** A small picture of one's own screen would be the screen in the screen, without end: words stand for it. */
export function isOwnNote({ tile, role }: Placement): boolean {
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

function Avatar({ identity, name }: { identity: string; name: string }) {
  return (
    <div className={styles.avatar} style={speakerColour(identity)} aria-hidden="true">
      <span className={styles.initials}>{initialsOf(name)}</span>
    </div>
  );
}
