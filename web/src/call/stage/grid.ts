/** Chooses how many columns and rows waste the least of the stage. */

export interface Grid {
  columns: number;
  rows: number;
  tileWidth: number;
  tileHeight: number;
}

/** Cameras film at 16:9; a tall phone may crop them square rather than leave half the screen empty. */
const ASPECTS_WIDE = [16 / 9];
const ASPECTS_TALL = [16 / 9, 4 / 3, 1];

/** The grid whose tiles are largest; on a tie the fewer columns, which keeps reading order short. */
export function bestGrid(count: number, width: number, height: number, gap: number): Grid {
  const aspects = height > width ? ASPECTS_TALL : ASPECTS_WIDE;
  let best: Grid = { columns: 1, rows: Math.max(1, count), tileWidth: 0, tileHeight: 0 };
  for (let columns = 1; columns <= count; columns += 1) {
    for (const aspect of aspects) {
      const grid = gridOf(count, columns, aspect, width, height, gap);
      if (grid.tileWidth * grid.tileHeight > best.tileWidth * best.tileHeight) best = grid;
    }
  }
  return best;
}

function gridOf(
  count: number,
  columns: number,
  aspect: number,
  width: number,
  height: number,
  gap: number,
): Grid {
  const rows = Math.ceil(count / columns);
  const roomX = (width - gap * (columns - 1)) / columns;
  const roomY = (height - gap * (rows - 1)) / rows;
  const tileWidth = Math.max(0, Math.floor(Math.min(roomX, roomY * aspect)));
  return { columns, rows, tileWidth, tileHeight: Math.floor(tileWidth / aspect) };
}
