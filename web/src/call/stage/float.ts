/** Oneself as a small picture in a corner of the others' frame. */
import { aspectOf, type Box, type Placement, type StageWishes } from './arrangement';
import { cornerSides } from './corner';
import { fitted } from './frame';
import type { Tile } from './tiles';

const FLOAT_SHARE = 0.2;
const FLOAT_MIN_PX = 160;
const FLOAT_MAX_PX = 248;
const FLOAT_EDGE_PX = 12;
/** A round face, and a target for a thumb. */
const MINIMISED_PX = 56;

export function floatIn(frame: Box, tile: Tile, wishes: StageWishes): Placement {
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
