/** Where pages are turned. */
import { type Box, GAP } from './arrangement';

/** Buttons of 44 px and the gap above them. */
export const PAGER_PX = 44 + GAP;

/** Below everything else in the room. */
export function pagerIn({ x, y, width, height }: Box): Box {
  return { x, y: y + height - PAGER_PX + GAP, width, height: PAGER_PX - GAP };
}
