/**
 * Lays out the stage: who is where and how large. All tiles live on one plane, so that going from the grid
 * to a shared screen moves them instead of making them anew.
 */
import { bestGrid } from './grid';
import type { Person, Picture } from './room-port';

export interface Tile {
  id: string;
  kind: 'person' | 'screen';
  person: Person;
  picture: Picture | null;
}

type Role = 'grid' | 'main' | 'strip' | 'float';

export interface Placement {
  tile: Tile;
  role: Role;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface StageWishes {
  width: number;
  height: number;
  pinned: string | null;
  mainSpeaker: string | null;
  selfHidden: boolean;
  page: number;
}

export interface Arrangement {
  placements: Placement[];
  page: number;
  pages: number;
}

const GAP = 8;
/** Decoding and watching more at once helps nobody. */
const GRID_MAX_WIDE = 25;
const GRID_MAX_NARROW = 8;
/** A phone held upright; below it a side strip would leave the shared screen nothing. */
const NARROW_PX = 640;
const STRIP_WIDE_PX = 208;
const STRIP_NARROW_PX = 88;
const FLOAT_SHARE = 0.2;
const FLOAT_MIN_PX = 112;
const FLOAT_MAX_PX = 248;

/** One tile for each person and one for each shared screen, in the people's order, oneself last. */
export function tilesOf(people: readonly Person[]): Tile[] {
  const ordered = [...people.filter((person) => !person.isSelf), ...people.filter((person) => person.isSelf)];
  const screens = ordered.filter((person) => person.screen !== null);
  return [
    ...screens.map((person) => ({
      id: `${person.identity}/screen`,
      kind: 'screen' as const,
      person,
      picture: person.screen,
    })),
    ...ordered.map((person) => ({
      id: person.identity,
      kind: 'person' as const,
      person,
      picture: person.camera,
    })),
  ];
}

export function arrangeStage(tiles: readonly Tile[], wishes: StageWishes): Arrangement {
  const others = tiles.filter((tile) => tile.kind === 'screen' || !tile.person.isSelf);
  const shown = wishes.selfHidden && others.length > 0 ? others : tiles;
  const main =
    shown.find((tile) => tile.id === wishes.pinned) ?? shown.findLast((tile) => tile.kind === 'screen');
  if (main) return withMain(main, shown, wishes);
  if (shown.length === 2 && others.length === 1) return pair(shown, wishes);
  return grid(shown, wishes);
}

/** Two people: the other fills the stage, oneself is a small picture in the corner. */
function pair(tiles: readonly Tile[], { width, height }: StageWishes): Arrangement {
  const placements = tiles.map((tile): Placement => {
    if (!tile.person.isSelf) return { tile, role: 'main', x: 0, y: 0, width, height };
    const floatWidth = Math.round(Math.min(FLOAT_MAX_PX, Math.max(FLOAT_MIN_PX, width * FLOAT_SHARE)));
    const floatHeight = Math.round((floatWidth * 9) / 16);
    const edge = GAP * 1.5;
    return {
      tile,
      role: 'float',
      x: width - floatWidth - edge,
      y: height - floatHeight - edge,
      width: floatWidth,
      height: floatHeight,
    };
  });
  return { placements, page: 0, pages: 1 };
}

function grid(tiles: readonly Tile[], wishes: StageWishes): Arrangement {
  const { width, height } = wishes;
  const perPage = width < NARROW_PX ? GRID_MAX_NARROW : GRID_MAX_WIDE;
  const pages = Math.max(1, Math.ceil(tiles.length / perPage));
  const page = Math.min(wishes.page, pages - 1);
  const visible = pageOf(tiles, page, perPage, wishes.mainSpeaker);
  const { columns, rows, tileWidth, tileHeight } = bestGrid(visible.length, width, height, GAP);
  const top = (height - rows * tileHeight - (rows - 1) * GAP) / 2;
  const placements = visible.map((tile, index): Placement => {
    const row = Math.floor(index / columns);
    const inRow = row === rows - 1 ? visible.length - row * columns : columns;
    const start = (width - inRow * tileWidth - (inRow - 1) * GAP) / 2;
    const x = start + (index % columns) * (tileWidth + GAP);
    return { tile, role: 'grid', x, y: top + row * (tileHeight + GAP), width: tileWidth, height: tileHeight };
  });
  return { placements, page, pages };
}

/** The first page also shows whoever speaks, in the place of its last person. */
function pageOf(
  tiles: readonly Tile[],
  page: number,
  perPage: number,
  speaker: string | null,
): readonly Tile[] {
  const visible = tiles.slice(page * perPage, (page + 1) * perPage);
  const speaking = tiles.find((tile) => tile.id === speaker);
  if (page > 0 || !speaking || visible.includes(speaking)) return visible;
  return [...visible.slice(0, -1), speaking];
}

/** One tile large, the others in a strip at the side or, on a narrow stage, below. */
function withMain(main: Tile, tiles: readonly Tile[], wishes: StageWishes): Arrangement {
  const { width, height } = wishes;
  const rest = tiles.filter((tile) => tile !== main);
  if (rest.length === 0)
    return { placements: [{ tile: main, role: 'main', x: 0, y: 0, width, height }], page: 0, pages: 1 };
  const below = width < NARROW_PX || height > width;
  const stripTile = below
    ? { width: Math.round((STRIP_NARROW_PX * 16) / 9), height: STRIP_NARROW_PX }
    : { width: STRIP_WIDE_PX, height: Math.round((STRIP_WIDE_PX * 9) / 16) };
  const step = (below ? stripTile.width : stripTile.height) + GAP;
  const fits = Math.max(1, Math.floor(((below ? width : height) + GAP) / step));
  const strip = pageOf(rest, 0, fits, wishes.mainSpeaker);
  const used = strip.length * step - GAP;
  const start = Math.max(0, ((below ? width : height) - used) / 2);
  const mainPlacement: Placement = below
    ? { tile: main, role: 'main', x: 0, y: 0, width, height: Math.max(0, height - stripTile.height - GAP) }
    : { tile: main, role: 'main', x: 0, y: 0, width: Math.max(0, width - stripTile.width - GAP), height };
  const stripPlacements = strip.map((tile, index): Placement => {
    const along = start + index * step;
    const [x, y] = below ? [along, height - stripTile.height] : [width - stripTile.width, along];
    return { tile, role: 'strip', x, y, ...stripTile };
  });
  return { placements: [mainPlacement, ...stripPlacements], page: 0, pages: 1 };
}
