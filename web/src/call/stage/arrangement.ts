/** What a stage is asked for and what it answers: who is where and how large, and where pages are turned. */
import type { Corner } from './corner';
import { CAMERA_ASPECT, fitted } from './frame';
import type { Tile } from './tiles';

/** What is `coming` is as large as it will be, and not to be seen: the room sends what has a size. */
type Role = 'grid' | 'main' | 'strip' | 'float' | 'coming';

export interface Box {
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

/** Between tiles. */
export const GAP = 8;

/** A screen takes the whole area, for one looks around in it; a person takes what their picture fills. */
export function mainIn(area: Box, tile: Tile, wishes: StageWishes): Placement {
  if (tile.kind === 'screen') return { tile, role: 'main', ...area };
  const { width, height } = fitted(aspectOf(tile, wishes), area);
  const x = area.x + (area.width - width) / 2;
  return { tile, role: 'main', x, y: area.y + (area.height - height) / 2, width, height };
}

export const aspectOf = ({ picture }: Tile, { aspects }: StageWishes): number =>
  (picture && aspects.get(picture.id)) ?? CAMERA_ASPECT;
