/** Looks at a shared screen closely: how much larger than its tile it is, and which part of it is in sight. */
import type { Size } from './frame';

export interface Zoom {
  scale: number;
  /** How far the middle of the picture lies from the middle of the tile, in pixels. */
  x: number;
  y: number;
}

interface Point {
  x: number;
  y: number;
}

export const WHOLE: Zoom = { scale: 1, x: 0, y: 0 };
const MIDDLE: Point = { x: 0, y: 0 };
/** Small print of a 4K screen on a laptop; beyond it there are only pixels. */
const SCALE_MAX = 6;
const KEY_FACTOR = 1.3;
/** Of the tile, for each press of an arrow. */
const KEY_STEP = 0.12;
const WHEEL_FACTOR = 0.0015;
/** A pinch on a trackpad arrives as a wheel with Ctrl, in much smaller steps. */
const TRACKPAD_FACTOR = 0.01;
/** Firefox counts a mouse wheel in lines. */
const LINE_PX = 16;

/** Larger or smaller; what lies under the point, counted from the middle of the tile, stays there. */
export function zoomBy(zoom: Zoom, factor: number, point: Point, tile: Size): Zoom {
  const scale = Math.min(SCALE_MAX, Math.max(1, zoom.scale * factor));
  const ratio = scale / zoom.scale;
  const x = point.x - (point.x - zoom.x) * ratio;
  const y = point.y - (point.y - zoom.y) * ratio;
  return within({ scale, x, y }, tile);
}

export function moveBy(zoom: Zoom, by: Point, tile: Size): Zoom {
  return within({ ...zoom, x: zoom.x + by.x, y: zoom.y + by.y }, tile);
}

/** The edge of the picture never comes further than the edge of the tile. */
export function within(zoom: Zoom, tile: Size): Zoom {
  const [reachX, reachY] = [(tile.width * (zoom.scale - 1)) / 2, (tile.height * (zoom.scale - 1)) / 2];
  const held = (value: number, reach: number) => Math.min(reach, Math.max(-reach, value)) + 0;
  return { scale: zoom.scale, x: held(zoom.x, reachX), y: held(zoom.y, reachY) };
}

export function wheelFactor(wheel: { deltaY: number; deltaMode: number; ctrlKey: boolean }): number {
  const pixels = wheel.deltaMode === 0 ? wheel.deltaY : wheel.deltaY * LINE_PX;
  return Math.exp(-pixels * (wheel.ctrlKey ? TRACKPAD_FACTOR : WHEEL_FACTOR));
}

export const zoomIn = (zoom: Zoom, tile: Size): Zoom => zoomBy(zoom, KEY_FACTOR, MIDDLE, tile);
export const zoomOut = (zoom: Zoom, tile: Size): Zoom => zoomBy(zoom, 1 / KEY_FACTOR, MIDDLE, tile);

/** What a key does, or null where it means nothing here. */
export function zoomByKey(zoom: Zoom, key: string, tile: Size): Zoom | null {
  if (key === '+' || key === '=') return zoomIn(zoom, tile);
  if (key === '-') return zoomOut(zoom, tile);
  if (zoom.scale === 1) return null;
  if (key === '0') return WHOLE;
  const [stepX, stepY] = [tile.width * KEY_STEP, tile.height * KEY_STEP];
  // The arrow points where one wants to look, so the picture goes the other way.
  if (key === 'ArrowLeft') return moveBy(zoom, { x: stepX, y: 0 }, tile);
  if (key === 'ArrowRight') return moveBy(zoom, { x: -stepX, y: 0 }, tile);
  if (key === 'ArrowUp') return moveBy(zoom, { x: 0, y: stepY }, tile);
  return key === 'ArrowDown' ? moveBy(zoom, { x: 0, y: -stepY }, tile) : null;
}
