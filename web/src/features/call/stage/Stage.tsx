/** Draws the arrangement of `call/stage/stage.ts`: every tile on one plane, moved and never replaced. */
import { ChevronLeft, ChevronRight } from 'lucide-react';
import { type CSSProperties, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Arrangement, arrangeStage } from '../../../call/stage/stage';
import { tilesOf } from '../../../call/stage/tiles';
import { Button } from '../../../ui/Button';
import { CopyLink } from '../bar/CopyLink';
import { usePart, useSession } from '../use-call';
import styles from './Stage.module.css';
import { TileView } from './TileView';
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
  const wishes = { ...size, pinned, mainSpeaker, selfHidden, page: wantedPage, aspects };
  const arrangement = arrangeStage(tiles, wishes);
  const hadCompany = useHadCompany(people);
  const { t } = useTranslation();
  const alone = people.length === 1 && isLive;
  return (
    <div ref={plane} className={styles.plane} data-testid="call-stage">
      {arrangement.placements.map((placement) => (
        <TileView
          key={placement.tile.id}
          placement={placement}
          aspects={aspects}
          onShape={learnAspect}
          isPinned={placement.tile.id === pinned}
          canPin={tiles.length > 2}
          onPin={(on) => setPinned(on ? placement.tile.id : null)}
        />
      ))}
      {alone && (
        <Alone code={session.code} title={t(hadCompany ? 'call.leftAloneTitle' : 'call.aloneTitle')} />
      )}
      <Pager arrangement={arrangement} onTurn={setPage} />
    </div>
  );
}

function Alone({ code, title }: { code: string; title: string }) {
  const { t } = useTranslation();
  return (
    <section className={styles.alone} aria-label={title}>
      <h2 className={styles.aloneTitle}>{title}</h2>
      <p className={styles.aloneText}>{t('call.aloneText')}</p>
      <CopyLink code={code} />
    </section>
  );
}

function Pager({ arrangement, onTurn }: { arrangement: Arrangement; onTurn: (page: number) => void }) {
  const { t } = useTranslation();
  const { page, pages, pager } = arrangement;
  if (!pager) return null;
  const place: CSSProperties = { left: pager.x, top: pager.y, width: pager.width, height: pager.height };
  return (
    <nav className={styles.pager} style={place} aria-label={t('call.pages')}>
      <Button
        weight="quiet"
        icon={ChevronLeft}
        isDisabled={page === 0}
        onPress={() => onTurn(page - 1)}
        aria-label={t('call.pageBefore')}
      />
      <span>{t('call.page', { page: page + 1, pages })}</span>
      <Button
        weight="quiet"
        icon={ChevronRight}
        isDisabled={page === pages - 1}
        onPress={() => onTurn(page + 1)}
        aria-label={t('call.pageAfter')}
      />
    </nav>
  );
}
