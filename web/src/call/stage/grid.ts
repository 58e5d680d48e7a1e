/** Chooses how many columns and rows waste the least of the stage. */
import { CAMERA_ASPECT } from './frame';

export interface Grid {
  columns: number;
  rows: number;
  tileWidth: number;
  tileHeight: number;
}

/** The squarest that a face is cropped to on a wide stage, and on a tall phone. */
const ASPECT_MIN_WIDE = 4 / 3;
const ASPECT_MIN_TALL = 1;
/** Cropping cuts something off everybody: it must show everybody that much larger. */
const CROP_GAIN_MIN = 1.1;

/** The grid whose tiles are largest; on a tie the fewer columns, which keeps reading order short. */
export function bestGrid(count: number, width: number, height: number, gap: number): Grid {
  const squarest = height > width ? ASPECT_MIN_TALL : ASPECT_MIN_WIDE;
  const whole = largest(count, (columns) => gridOf(count, columns, CAMERA_ASPECT, width, height, gap));
  const cropped = largest(count, (columns) => gridOf(count, columns, squarest, width, height, gap));
  return areaOf(cropped) > areaOf(whole) * CROP_GAIN_MIN ? cropped : whole;
}

function largest(count: number, gridWith: (columns: number) => Grid): Grid {
  let best: Grid = { columns: 1, rows: Math.max(1, count), tileWidth: 0, tileHeight: 0 };
  for (let columns = 1; columns <= count; columns += 1) {
    const grid = gridWith(columns);
    if (areaOf(grid) > areaOf(best)) best = grid;
  }
  return best;
}

const areaOf = ({ tileWidth, tileHeight }: Grid): number => tileWidth * tileHeight;

/** Tiles take the shape of their cell, between the squarest that is allowed and what cameras film. */
function gridOf(
  count: number,
  columns: number,
  squarest: number,
  width: number,
  height: number,
  gap: number,
): Grid {
  const rows = Math.ceil(count / columns);
  const cellWidth = Math.max(0, (width - gap * (columns - 1)) / columns);
  const cellHeight = Math.max(0, (height - gap * (rows - 1)) / rows);
  const cellAspect = cellHeight === 0 ? CAMERA_ASPECT : cellWidth / cellHeight;
  const aspect = Math.min(CAMERA_ASPECT, Math.max(squarest, cellAspect));
  const tileWidth = Math.floor(Math.min(cellWidth, cellHeight * aspect));
  return { columns, rows, tileWidth, tileHeight: Math.floor(tileWidth / aspect) };
}
