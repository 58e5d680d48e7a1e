/**
 * Lays out the stage: who is where and how large. All tiles live on one plane, so that going from the grid
 * to a shared screen moves them and never replaces them.
 */
import { type Arrangement, type Box, mainIn, type Placement, type StageWishes } from './arrangement';
import { floatIn } from './float';
import { gridPage } from './grid-page';
import { withMain } from './strip';
import { isSelfView, type Tile } from './tiles';

/** With more others oneself is one of many. */
const FLOAT_OTHERS_MAX = 2;

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
  return self && isSmall ? withFloat(self, others, wishes) : gridPage(shown, wishes);
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
  const placed =
    only && others.length === 1 ? [mainIn(area, only, wishes)] : gridPage(others, wishes).placements;
  return { placements: [...placed, floatIn(frameOf(placed), self, wishes)], page: 0, pages: 1, pager: null };
}

function frameOf(placements: readonly Placement[]): Box {
  const x = Math.min(...placements.map((one) => one.x));
  const y = Math.min(...placements.map((one) => one.y));
  const right = Math.max(...placements.map((one) => one.x + one.width));
  const bottom = Math.max(...placements.map((one) => one.y + one.height));
  return { x, y, width: right - x, height: bottom - y };
}
