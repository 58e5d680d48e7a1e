/** Connects wheel, fingers and keys to the rules of `call/stage/zoom.ts`. */
import { type PointerEvent, type RefObject, useEffect, useRef, useState } from 'react';
import type { Size } from '../../../call/stage/frame';
import { moveBy, WHOLE, wheelFactor, within, type Zoom, zoomBy, zoomByKey } from '../../../call/stage/zoom';
import { pressOf } from '../keys/use-call-keys';

export function useZoom(surface: RefObject<HTMLElement | null>, tile: Size, isActive: boolean) {
  const [wanted, setZoom] = useState(WHOLE);
  const zoom = isActive ? within(wanted, tile) : WHOLE;
  const change = (next: Zoom) => setZoom(next);
  useWheel(surface, isActive, (event, point) => change(zoomBy(zoom, wheelFactor(event), point, tile)));
  useKeys(isActive, (key) => {
    const next = zoomByKey(zoom, key, tile);
    if (next) change(next);
    return next !== null;
  });
  const fingers = useFingers(zoom, tile, change);
  return { zoom, change, handlers: isActive ? fingers : {} };
}

/** React listens to wheels passively, which could not keep the page from zooming as a whole. */
function useWheel(
  surface: RefObject<HTMLElement | null>,
  isActive: boolean,
  onWheel: (event: WheelEvent, point: { x: number; y: number }) => void,
): void {
  const latest = useRef(onWheel);
  useEffect(() => {
    latest.current = onWheel;
  });
  useEffect(() => {
    const element = surface.current;
    if (!element || !isActive) return;
    const listen = (event: WheelEvent) => {
      event.preventDefault();
      latest.current(event, pointIn(element, event));
    };
    element.addEventListener('wheel', listen, { passive: false });
    return () => element.removeEventListener('wheel', listen);
  }, [surface, isActive]);
}

/** The keys work wherever the focus is, unless it is on something that has a use for them. */
function useKeys(isActive: boolean, onKey: (key: string) => boolean): void {
  const latest = useRef(onKey);
  useEffect(() => {
    latest.current = onKey;
  });
  useEffect(() => {
    if (!isActive) return;
    const listen = (event: KeyboardEvent) => {
      const press = pressOf(event);
      const isTaken =
        event.defaultPrevented || press.typing || press.ctrlKey || press.metaKey || press.altKey;
      if (isTaken || (press.onControl && press.key.startsWith('Arrow'))) return;
      if (latest.current(press.key)) event.preventDefault();
    };
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, [isActive]);
}

/** One finger moves, two also zoom: by how far they part, around the middle between them. */
function useFingers(zoom: Zoom, tile: Size, change: (zoom: Zoom) => void) {
  const down = useRef(new Map<number, { x: number; y: number }>());
  const lift = (event: PointerEvent<HTMLElement>) => down.current.delete(event.pointerId);
  return {
    onPointerDown: (event: PointerEvent<HTMLElement>) => {
      down.current.set(event.pointerId, pointIn(event.currentTarget, event));
      event.currentTarget.setPointerCapture?.(event.pointerId);
    },
    onPointerMove: (event: PointerEvent<HTMLElement>) => {
      if (!down.current.has(event.pointerId)) return;
      const before = spanOf([...down.current.values()]);
      down.current.set(event.pointerId, pointIn(event.currentTarget, event));
      const after = spanOf([...down.current.values()]);
      const factor = before.length > 0 && after.length > 0 ? after.length / before.length : 1;
      const moved = moveBy(zoom, { x: after.x - before.x, y: after.y - before.y }, tile);
      change(zoomBy(moved, factor, after, tile));
    },
    onPointerUp: lift,
    onPointerCancel: lift,
    onDoubleClick: (event: { currentTarget: HTMLElement; clientX: number; clientY: number }) =>
      change(zoom.scale > 1 ? WHOLE : zoomBy(zoom, 2, pointIn(event.currentTarget, event), tile)),
  };
}

/** The middle of what touches, and how far apart two of them are. */
function spanOf(points: readonly { x: number; y: number }[]): { x: number; y: number; length: number } {
  const [one = { x: 0, y: 0 }, two] = points;
  if (!two) return { ...one, length: 0 };
  return { x: (one.x + two.x) / 2, y: (one.y + two.y) / 2, length: Math.hypot(one.x - two.x, one.y - two.y) };
}

function pointIn(element: HTMLElement, { clientX, clientY }: { clientX: number; clientY: number }) {
  const { left, top, width, height } = element.getBoundingClientRect();
  return { x: clientX - left - width / 2, y: clientY - top - height / 2 };
}
