/** Bob reads the small print of Alice's screen: by wheel, by pinch, by keys. */
import { describe, expect, it } from 'vitest';
import { moveBy, WHOLE, wheelFactor, within, type Zoom, zoomBy, zoomByKey } from './zoom';

const tile = { width: 1000, height: 600 };

/** Which point of the picture, from its middle at its own size, lies at a point of the tile. */
const under = (zoom: Zoom, x: number, y: number) => [(x - zoom.x) / zoom.scale, (y - zoom.y) / zoom.scale];

describe('zoom', () => {
  it('keeps what is under the pointer where it is', () => {
    const once = zoomBy(WHOLE, 2, { x: 200, y: -100 }, tile);
    expect(once.scale).toBe(2);
    expect(under(once, 200, -100)).toEqual([200, -100]);
    const [x, y] = under(once, 50, 60);
    const twice = zoomBy(once, 1.5, { x: 50, y: 60 }, tile);
    expect(under(twice, 50, 60)[0]).toBeCloseTo(x ?? 0);
    expect(under(twice, 50, 60)[1]).toBeCloseTo(y ?? 0);
  });

  it('ends at the whole picture and at six times its size', () => {
    expect(zoomBy({ scale: 1.2, x: 90, y: 10 }, 0.1, { x: 0, y: 0 }, tile)).toEqual(WHOLE);
    expect(zoomBy(WHOLE, 99, { x: 0, y: 0 }, tile).scale).toBe(6);
  });

  it('never shows what lies beyond the edge, even when the tile shrinks', () => {
    expect(moveBy({ scale: 2, x: 0, y: 0 }, { x: 9_999, y: -9_999 }, tile)).toEqual({
      scale: 2,
      x: 500,
      y: -300,
    });
    expect(within({ scale: 2, x: 500, y: -300 }, { width: 400, height: 200 })).toMatchObject({
      x: 200,
      y: -100,
    });
  });

  it('grows by wheel away from oneself, alike in pixels and in lines', () => {
    expect(wheelFactor({ deltaY: -48, deltaMode: 0, ctrlKey: false })).toBeGreaterThan(1);
    expect(wheelFactor({ deltaY: 3, deltaMode: 1, ctrlKey: false })).toBeLessThan(1);
    expect(wheelFactor({ deltaY: 3, deltaMode: 1, ctrlKey: false })).toBe(
      wheelFactor({ deltaY: 48, deltaMode: 0, ctrlKey: false }),
    );
  });

  it('looks where the arrow points, and leaves arrows alone while everything is in sight', () => {
    expect(zoomByKey(WHOLE, 'ArrowRight', tile)).toBeNull();
    expect(zoomByKey(WHOLE, 'x', tile)).toBeNull();
    const close = zoomByKey(zoomByKey(WHOLE, '+', tile) ?? WHOLE, '=', tile) ?? WHOLE;
    expect(close.scale).toBeCloseTo(1.69);
    expect(zoomByKey(close, 'ArrowRight', tile)?.x).toBeLessThan(0);
    expect(zoomByKey(close, 'ArrowUp', tile)?.y).toBeGreaterThan(0);
    expect(zoomByKey(close, '0', tile)).toEqual(WHOLE);
  });
});
