/** Parts tiles into pages, so that everybody is on one of them. */
import { isSelfView, type Tile } from './tiles';

interface Turned {
  visible: readonly Tile[];
  page: number;
  pages: number;
}

/** On smaller pages one's own picture would take too large a share of every page. */
const SELF_ON_EVERY_PAGE_MIN = 4;

/** The page asked for, or the last there is. Who speaks is on the first, oneself on all. */
export function turnTo(
  page: number,
  tiles: readonly Tile[],
  perPage: number,
  speaker: string | null,
): Turned {
  if (tiles.length <= perPage) return { visible: tiles, page: 0, pages: 1 };
  const always = perPage >= SELF_ON_EVERY_PAGE_MIN ? tiles.filter(isSelfView) : [];
  const room = perPage - always.length;
  const turning = speakerForward(
    tiles.filter((tile) => !always.includes(tile)),
    room,
    speaker,
  );
  const pages = Math.ceil(turning.length / room);
  const here = Math.min(page, pages - 1);
  return { visible: [...turning.slice(here * room, (here + 1) * room), ...always], page: here, pages };
}

/** The speaker and the last of the first page change places: nobody falls off all pages. */
function speakerForward(tiles: readonly Tile[], room: number, speaker: string | null): readonly Tile[] {
  const from = tiles.findIndex((tile) => tile.id === speaker);
  const [speaking, displaced] = [tiles[from], tiles[room - 1]];
  if (from < room || !speaking || !displaced) return tiles;
  return tiles.with(from, displaced).with(room - 1, speaking);
}
