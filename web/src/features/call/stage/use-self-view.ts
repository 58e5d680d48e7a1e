/** Where one's own small picture lies: dragged or sent to a corner, made small, and so again in the next call. */
import { type PointerEvent, useRef, useState } from 'react';
import type { Placement } from '../../../call/stage/arrangement';
import { type Corner, cornerFrom, nearestCorner, nextCorner } from '../../../call/stage/corner';
import type { Size } from '../../../call/stage/frame';
import { isWished, remember, remembered, wish } from '../../../me/preferences';

export interface SelfView {
  corner: Corner;
  minimised: boolean;
  move: (corner: Corner) => void;
  moveOn: () => void;
  minimise: (minimised: boolean) => void;
}

export function useSelfView(): SelfView {
  const [corner, setCorner] = useState(() => cornerFrom(remembered('selfCorner')));
  const [minimised, setMinimised] = useState(() => isWished('selfMinimised'));
  const move = (to: Corner) => {
    remember('selfCorner', to);
    setCorner(to);
  };
  const minimise = (to: boolean) => {
    wish('selfMinimised', to);
    setMinimised(to);
  };
  return { corner, minimised, move, moveOn: () => move(nextCorner(corner)), minimise };
}

/** Less is a press with an unsteady hand. */
const DRAG_MIN_PX = 6;

/** Handlers for the tile, and how far it has been dragged. */
export function useDragToCorner(placement: Placement, stage: Size, move: (corner: Corner) => void) {
  const from = useRef<{ x: number; y: number } | null>(null);
  const [by, setBy] = useState<{ x: number; y: number } | null>(null);
  const drop = () => {
    if (by) {
      const middle = {
        x: placement.x + placement.width / 2 + by.x,
        y: placement.y + placement.height / 2 + by.y,
      };
      move(nearestCorner(middle, stage));
    }
    from.current = null;
    setBy(null);
  };
  const handlers = {
    onPointerDown: ({ target, clientX, clientY }: PointerEvent<HTMLElement>) => {
      // The buttons on the picture are pressed, not dragged.
      if (!(target as Element).closest('button')) from.current = { x: clientX, y: clientY };
    },
    onPointerMove: (event: PointerEvent<HTMLElement>) => {
      if (!from.current) return;
      const [x, y] = [event.clientX - from.current.x, event.clientY - from.current.y];
      if (!by && Math.hypot(x, y) < DRAG_MIN_PX) return;
      event.currentTarget.setPointerCapture?.(event.pointerId);
      setBy({ x, y });
    },
    onPointerUp: drop,
    onPointerCancel: drop,
  };
  return { by, handlers };
}
