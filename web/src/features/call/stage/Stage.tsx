/** Draws the arrangement of `call/stage/stage.ts`: every tile on one plane, moved and never replaced. */
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { arrangeStage } from '../../../call/stage/stage';
import { tilesOf } from '../../../call/stage/tiles';
import { usePart, useSession } from '../use-call';
import { AloneCard } from './AloneCard';
import { Pager } from './Pager';
import { ShareComing } from './ShareComing';
import styles from './Stage.module.css';
import { TileView } from './TileView';
import { useSelfView } from './use-self-view';
import { useSize } from './use-size';
import { useAspects, useHadCompany, useShared } from './use-stage-memory';

export function Stage({ selfHidden }: { selfHidden: boolean }) {
  const session = useSession();
  const people = usePart(session.people, (view) => view.people);
  const mainSpeaker = usePart(session.people, (view) => view.mainSpeaker);
  const isLive = usePart(session.connection, (phase) => phase.kind === 'live');
  const plane = useRef<HTMLDivElement>(null);
  const size = useSize(plane);
  const [pinned, setPinned] = useState<string | null>(null);
  const [wantedPage, setPage] = useState(0);
  const [aspects, learnAspect] = useAspects();
  const tiles = tilesOf(people, useShared(people));
  const selfView = useSelfView();
  const wishes = { ...size, pinned, mainSpeaker, selfHidden, self: selfView, page: wantedPage, aspects };
  const arrangement = arrangeStage(tiles, wishes);
  const coming = arrangement.placements.filter(({ role }) => role === 'coming');
  const hadCompany = useHadCompany(people);
  const { t } = useTranslation();
  const alone = people.length === 1 && isLive;
  return (
    <div className={styles.stage}>
      {alone && (
        <AloneCard code={session.code} title={t(hadCompany ? 'call.leftAloneTitle' : 'call.aloneTitle')} />
      )}
      <div ref={plane} className={styles.plane} data-testid="call-stage">
        {arrangement.placements.map((placement) => (
          <TileView
            key={placement.tile.id}
            placement={placement}
            stage={size}
            selfView={selfView}
            aspects={aspects}
            onShape={learnAspect}
            isPinned={placement.tile.id === pinned}
            canPin={tiles.length > 2}
            onPin={(on) => setPinned(on ? placement.tile.id : null)}
          />
        ))}
        {coming.map(({ tile }) => (
          <ShareComing key={tile.id} name={tile.person.name} />
        ))}
        <Pager arrangement={arrangement} onTurn={setPage} />
      </div>
    </div>
  );
}
