/** Draws the arrangement of `call/stage.ts`: every tile on one plane, moved rather than made anew. */
import { ChevronLeft, ChevronRight } from 'lucide-react';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CallView } from '../../call/call-view';
import { arrangeStage, tilesOf } from '../../call/stage';
import { Button } from '../../ui/Button';
import { CopyLink } from './CopyLink';
import styles from './Stage.module.css';
import { TileView } from './TileView';
import { useSize } from './use-size';

interface StageProps {
  call: CallView;
  code: string;
  selfHidden: boolean;
}

export function Stage({ call, code, selfHidden }: StageProps) {
  const plane = useRef<HTMLDivElement>(null);
  const size = useSize(plane);
  const [pinned, setPinned] = useState<string | null>(null);
  const [wantedPage, setPage] = useState(0);
  const tiles = tilesOf(call.people);
  const wishes = { ...size, pinned, mainSpeaker: call.mainSpeaker, selfHidden, page: wantedPage };
  const { placements, page, pages } = arrangeStage(tiles, wishes);
  const alone = call.people.length === 1 && call.phase.kind === 'live';
  return (
    <>
      <div
        ref={plane}
        className={`${styles.plane} ${pages > 1 ? styles.paged : ''}`}
        data-testid="call-stage"
      >
        {placements.map((placement) => (
          <TileView
            key={placement.tile.id}
            placement={placement}
            isPinned={placement.tile.id === pinned}
            canPin={tiles.length > 2}
            onPin={(on) => setPinned(on ? placement.tile.id : null)}
          />
        ))}
        {alone && <Alone code={code} />}
      </div>
      {pages > 1 && <Pager page={page} pages={pages} onTurn={setPage} />}
    </>
  );
}

function Alone({ code }: { code: string }) {
  const { t } = useTranslation();
  return (
    <section className={styles.alone} aria-label={t('call.aloneTitle')}>
      <h2 className={styles.aloneTitle}>{t('call.aloneTitle')}</h2>
      <p className={styles.aloneText}>{t('call.aloneText')}</p>
      <CopyLink code={code} />
    </section>
  );
}

function Pager({ page, pages, onTurn }: { page: number; pages: number; onTurn: (page: number) => void }) {
  const { t } = useTranslation();
  return (
    <nav className={styles.pager} aria-label={t('call.pages')}>
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
