/** One page of the grid: everybody the same size, in rows. */
import { type Arrangement, GAP, type Placement, type StageWishes } from './arrangement';
import { bestGrid } from './grid';
import { PAGER_PX, pagerIn } from './pager';
import { turnTo } from './pages';
import type { Tile } from './tiles';

/** Decoding and watching more at once helps nobody. */
const GRID_MAX_WIDE = 25;
const GRID_MAX_NARROW = 8;
/** A phone. */
const NARROW_PX = 640;

export function gridPage(tiles: readonly Tile[], wishes: StageWishes): Arrangement {
  const { width } = wishes;
  const perPage = width < NARROW_PX ? GRID_MAX_NARROW : GRID_MAX_WIDE;
  const { visible, page, pages } = turnTo(wishes.page, tiles, perPage, wishes.mainSpeaker);
  const height = wishes.height - (pages > 1 ? PAGER_PX : 0);
  const { columns, rows, tileWidth, tileHeight } = bestGrid(visible.length, width, height, GAP);
  const top = (height - rows * tileHeight - (rows - 1) * GAP) / 2;
  const placements = visible.map((tile, index): Placement => {
    const row = Math.floor(index / columns);
    const inRow = row === rows - 1 ? visible.length - row * columns : columns;
    const start = (width - inRow * tileWidth - (inRow - 1) * GAP) / 2;
    const x = start + (index % columns) * (tileWidth + GAP);
    return { tile, role: 'grid', x, y: top + row * (tileHeight + GAP), width: tileWidth, height: tileHeight };
  });
  return { placements, page, pages, pager: pages > 1 ? pagerIn({ ...wishes, x: 0, y: 0 }) : null };
}
