/** The corner that one's own small picture lies in. */
import type { Size } from './frame';

const CORNERS = ['bottom-right', 'bottom-left', 'top-left', 'top-right'] as const;
export type Corner = (typeof CORNERS)[number];

/** What was remembered, or where nothing was, the corner that covers the fewest faces. */
export function cornerFrom(remembered: string | null): Corner {
  return CORNERS.find((corner) => corner === remembered) ?? CORNERS[0];
}

/** Around the frame, for who cannot drag. */
export function nextCorner(corner: Corner): Corner {
  return CORNERS[(CORNERS.indexOf(corner) + 1) % CORNERS.length] ?? CORNERS[0];
}

export function cornerSides(corner: Corner): ['top' | 'bottom', 'left' | 'right'] {
  return [corner.startsWith('top') ? 'top' : 'bottom', corner.endsWith('left') ? 'left' : 'right'];
}

/** The corner of the stage that a picture was let go nearest to. */
export function nearestCorner(middle: { x: number; y: number }, { width, height }: Size): Corner {
  const vertical = middle.y < height / 2 ? 'top' : 'bottom';
  return `${vertical}-${middle.x < width / 2 ? 'left' : 'right'}`;
}
