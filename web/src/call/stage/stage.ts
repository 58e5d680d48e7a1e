/**
 * Lays out the stage: who is where and how large. All tiles live on one plane, so that going from the grid
 * to a shared screen moves them and never replaces them.
 */
import { type Corner, cornerSides } from './corner';
import { CAMERA_ASPECT, fitted } from './frame';
import { bestGrid } from './grid';
import { turnTo } from './pages';
import { isSelfView, type Tile } from './tiles';

/** What is `coming` is as large as it will be, and not to be seen: the room sends what has a size. */
type Role = 'grid' | 'main' | 'strip' | 'float' | 'coming';

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Placement extends Box {
  tile: Tile;
  role: Role;
}

export interface StageWishes {
  width: number;
  height: number;
  pinned: string | null;
  mainSpeaker: string | null;
  selfHidden: boolean;
  /** Where one's own small picture lies on that of others. */
  self: { corner: Corner; minimised: boolean };
  page: number;
  /** Width by height of the pictures that have arrived, by the picture's id. */
  aspects: ReadonlyMap<string, number>;
}

export interface Arrangement {
  placements: Placement[];
  page: number;
  pages: number;
  /** Where pages are turned, while there is more than one. */
  pager: Box | null;
}

const GAP = 8;
/** Decoding and watching more at once helps nobody. */
const GRID_MAX_WIDE = 25;
const GRID_MAX_NARROW = 8;
/** A phone. */
const NARROW_PX = 640;
/** On a squarer stage a strip at the side takes more from a wide picture than one below it. */
const BESIDE_MIN_ASPECT = 4 / 3;
/** A phone held sideways, where a full strip would take a third of the stage. */
const MIDDLE_PX = 900;
const STRIP_WIDE_PX = 208;
const STRIP_MIDDLE_PX = 144;
const STRIP_NARROW_PX = 88;
const FLOAT_SHARE = 0.2;
const FLOAT_MIN_PX = 160;
const FLOAT_MAX_PX = 248;
const FLOAT_EDGE_PX = 12;
/** A round face, and a target for a thumb. */
const MINIMISED_PX = 56;
/** With more others oneself is one of many. */
const FLOAT_OTHERS_MAX = 2;
/** Buttons of 44 px and the gap above them. */
const PAGER_PX = 44 + GAP;

/** A screen that somebody begins to share takes the stage with its first frame: until then it stays as it was. */
export function arrangeStage(tiles: readonly Tile[], wishes: StageWishes): Arrangement {
  const coming = tiles.filter((tile) => isComing(tile, wishes));
  const arrangement = arrangeShown(
    tiles.filter((tile) => !coming.includes(tile)),
    wishes,
  );
  const { width, height } = wishes;
  const hidden = coming.map((tile): Placement => ({ tile, role: 'coming', x: 0, y: 0, width, height }));
  return { ...arrangement, placements: [...arrangement.placements, ...hidden] };
}

function isComing({ id, kind, person, picture }: Tile, { aspects, pinned }: StageWishes): boolean {
  const isOthersScreen = kind === 'screen' && !person.isSelf && id !== pinned;
  return isOthersScreen && picture !== null && !aspects.has(picture.id);
}

function arrangeShown(tiles: readonly Tile[], wishes: StageWishes): Arrangement {
  const others = tiles.filter((tile) => !tile.person.isSelf);
  const shown = wishes.selfHidden && others.length > 0 ? tiles.filter((tile) => !isSelfView(tile)) : tiles;
  const main = mainOf(shown, wishes.pinned);
  if (main) return withMain(main, shown, wishes);
  const self = shown.find(isSelfView);
  const isSmall =
    others.length > 0 && others.length <= FLOAT_OTHERS_MAX && shown.length === others.length + 1;
  return self && isSmall ? withFloat(self, others, wishes) : grid(shown, wishes);
}

/**
 * What is pinned, else the screen another shared last. One's own screen is a mirror in a mirror and is known
 * to who shares it: beside it stands the one other person, or the grid of many.
 */
function mainOf(tiles: readonly Tile[], pinned: string | null): Tile | undefined {
  const wanted =
    tiles.find((tile) => tile.id === pinned) ??
    tiles.findLast((tile) => tile.kind === 'screen' && !tile.person.isSelf);
  if (wanted) return wanted;
  const others = tiles.filter((tile) => !tile.person.isSelf);
  return others.length === 1 && tiles.some((tile) => tile.kind === 'screen') ? others[0] : undefined;
}

/** Two or three people: the others fill the stage, oneself is a small picture within their frame. */
function withFloat(self: Tile, others: readonly Tile[], wishes: StageWishes): Arrangement {
  const area = { x: 0, y: 0, width: wishes.width, height: wishes.height };
  const [only] = others;
  const placed = only && others.length === 1 ? [mainIn(area, only, wishes)] : grid(others, wishes).placements;
  return { placements: [...placed, floatIn(frameOf(placed), self, wishes)], page: 0, pages: 1, pager: null };
}

function frameOf(placements: readonly Placement[]): Box {
  const x = Math.min(...placements.map((one) => one.x));
  const y = Math.min(...placements.map((one) => one.y));
  const right = Math.max(...placements.map((one) => one.x + one.width));
  const bottom = Math.max(...placements.map((one) => one.y + one.height));
  return { x, y, width: right - x, height: bottom - y };
}

function floatIn(frame: Box, tile: Tile, wishes: StageWishes): Placement {
  const side = Math.round(Math.min(FLOAT_MAX_PX, Math.max(FLOAT_MIN_PX, wishes.width * FLOAT_SHARE)));
  const minimised = { width: MINIMISED_PX, height: MINIMISED_PX };
  const size = wishes.self.minimised
    ? minimised
    : fitted(aspectOf(tile, wishes), { width: side, height: side });
  const [vertical, horizontal] = cornerSides(wishes.self.corner);
  const x =
    horizontal === 'left' ? frame.x + FLOAT_EDGE_PX : frame.x + frame.width - size.width - FLOAT_EDGE_PX;
  const y =
    vertical === 'top' ? frame.y + FLOAT_EDGE_PX : frame.y + frame.height - size.height - FLOAT_EDGE_PX;
  return { tile, role: 'float', x: Math.max(0, x), y: Math.max(0, y), ...size };
}

/** A screen takes the whole area, for one looks around in it; a person takes what their picture fills. */
function mainIn(area: Box, tile: Tile, wishes: StageWishes): Placement {
  if (tile.kind === 'screen') return { tile, role: 'main', ...area };
  const { width, height } = fitted(aspectOf(tile, wishes), area);
  const x = area.x + (area.width - width) / 2;
  return { tile, role: 'main', x, y: area.y + (area.height - height) / 2, width, height };
}

const aspectOf = ({ picture }: Tile, { aspects }: StageWishes): number =>
  (picture && aspects.get(picture.id)) ?? CAMERA_ASPECT;

function grid(tiles: readonly Tile[], wishes: StageWishes): Arrangement {
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

/** One tile large, the others in a strip at the side or, on a stage that is not wide, below. */
function withMain(main: Tile, tiles: readonly Tile[], wishes: StageWishes): Arrangement {
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

/** Below everything else in the room. */
function pagerIn({ x, y, width, height }: Box): Box {
  return { x, y: y + height - PAGER_PX + GAP, width, height: PAGER_PX - GAP };
}
