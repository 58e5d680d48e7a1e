/** One tile large, and the others in a strip beside or below it, on pages where they are many. */
import { type Arrangement, GAP, mainIn, type Placement, type StageWishes } from './arrangement';
import { CAMERA_ASPECT } from './frame';
import { PAGER_PX, pagerIn } from './pager';
import { turnTo } from './pages';
import type { Tile } from './tiles';

/** On a squarer stage a strip at the side takes more from a wide picture than one below it. */
const BESIDE_MIN_ASPECT = 4 / 3;
/** A phone held sideways, where a full strip would take a third of the stage. */
const MIDDLE_PX = 900;
const STRIP_WIDE_PX = 208;
const STRIP_MIDDLE_PX = 144;
const STRIP_NARROW_PX = 88;

/** One tile large, the others in a strip at the side or, on a stage that is not wide, below. */
export function withMain(main: Tile, tiles: readonly Tile[], wishes: StageWishes): Arrangement {
  const { width, height } = wishes;
  const rest = tiles.filter((tile) => tile !== main);
  if (rest.length === 0)
    return {
      placements: [mainIn({ x: 0, y: 0, width, height }, main, wishes)],
      page: 0,
      pages: 1,
      pager: null,
    };
  return width / height < BESIDE_MIN_ASPECT
    ? withStripBelow(main, rest, wishes)
    : withStripBeside(main, rest, wishes);
}

function withStripBeside(main: Tile, rest: readonly Tile[], wishes: StageWishes): Arrangement {
  const { width, height } = wishes;
  const strip = width < MIDDLE_PX ? STRIP_MIDDLE_PX : STRIP_WIDE_PX;
  const tile = { width: strip, height: Math.round(strip / CAMERA_ASPECT) };
  const step = tile.height + GAP;
  const room = fitsIn(height, step, rest.length) ? height : height - PAGER_PX;
  const { visible, page, pages } = turnTo(wishes.page, rest, countIn(room, step), wishes.mainSpeaker);
  const start = Math.max(0, (room - visible.length * step + GAP) / 2);
  const x = width - strip;
  const mainRoom = { x: 0, y: 0, width: Math.max(0, x - GAP), height };
  return {
    placements: [
      mainIn(mainRoom, main, wishes),
      ...visible.map((one, n): Placement => ({ tile: one, role: 'strip', x, y: start + n * step, ...tile })),
    ],
    page,
    pages,
    pager: pages > 1 ? pagerIn({ x, y: 0, width: strip, height }) : null,
  };
}

function withStripBelow(main: Tile, rest: readonly Tile[], wishes: StageWishes): Arrangement {
  const { width } = wishes;
  const tile = { width: Math.round(STRIP_NARROW_PX * CAMERA_ASPECT), height: STRIP_NARROW_PX };
  const step = tile.width + GAP;
  const { visible, page, pages } = turnTo(wishes.page, rest, countIn(width, step), wishes.mainSpeaker);
  const height = wishes.height - (pages > 1 ? PAGER_PX : 0);
  const start = Math.max(0, (width - visible.length * step + GAP) / 2);
  const y = height - tile.height;
  const mainRoom = { x: 0, y: 0, width, height: Math.max(0, y - GAP) };
  return {
    placements: [
      mainIn(mainRoom, main, wishes),
      ...visible.map((one, n): Placement => ({ tile: one, role: 'strip', x: start + n * step, y, ...tile })),
    ],
    page,
    pages,
    pager: pages > 1 ? pagerIn({ ...wishes, x: 0, y: 0 }) : null,
  };
}

const countIn = (length: number, step: number): number => Math.max(1, Math.floor((length + GAP) / step));
const fitsIn = (length: number, step: number, count: number): boolean => count <= countIn(length, step);
