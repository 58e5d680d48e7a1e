/** One to forty-nine people on a desk, a phone and a ribbon: tiles fit, keep their shape and fill the stage. */
import { describe, expect, it } from 'vitest';
import { bestGrid } from './grid';

const GAP = 8;
const shape = (count: number, width: number, height: number) => {
  const { columns, rows } = bestGrid(count, width, height, GAP);
  return `${columns}x${rows}`;
};

describe('bestGrid', () => {
  it.each([
    [1, '1x1'],
    [2, '2x1'],
    [3, '2x2'],
    [4, '2x2'],
    [5, '3x2'],
    [9, '3x3'],
    [12, '4x3'],
    [49, '7x7'],
  ])('lays %i people on a wide stage as %s', (count, expected) => {
    expect(shape(count, 1280, 720)).toBe(expected);
  });

  it('stacks two people on a phone held upright', () => {
    expect(shape(2, 360, 600)).toBe('1x2');
  });

  it('crops to squares on a tall stage when that shows more of everyone', () => {
    const { tileWidth, tileHeight } = bestGrid(2, 360, 760, GAP);
    expect(tileHeight).toBeGreaterThan((tileWidth * 9) / 16 + 1);
  });

  it('never lets tiles overflow, whatever the stage', () => {
    for (let count = 1; count <= 49; count += 1) {
      for (const [width, height] of [
        [1280, 640],
        [360, 640],
        [1900, 200],
        [200, 900],
      ] as const) {
        const grid = bestGrid(count, width, height, GAP);
        expect(grid.columns * grid.rows).toBeGreaterThanOrEqual(count);
        expect(grid.columns * grid.tileWidth + (grid.columns - 1) * GAP).toBeLessThanOrEqual(width);
        expect(grid.rows * grid.tileHeight + (grid.rows - 1) * GAP).toBeLessThanOrEqual(height);
      }
    }
  });

  it.each([
    [3, 0.6],
    [5, 0.74],
    [7, 0.65],
    [10, 0.73],
  ])('covers much of a 1280×640 stage with %i people', (count, covered) => {
    const { tileWidth, tileHeight } = bestGrid(count, 1280, 640, GAP);
    expect((count * tileWidth * tileHeight) / (1280 * 640)).toBeGreaterThan(covered);
  });

  it('crops nobody where that gains little, and nobody beyond 4:3 on a wide stage', () => {
    for (let count = 1; count <= 49; count += 1) {
      const { tileWidth, tileHeight } = bestGrid(count, 1280, 720, GAP);
      expect(tileWidth / tileHeight).toBeGreaterThan(1.32);
    }
    const { tileWidth, tileHeight } = bestGrid(4, 1280, 720, GAP);
    expect(tileWidth / tileHeight).toBeCloseTo(16 / 9, 1);
  });

  it('answers an unmeasured stage with empty tiles rather than negative ones', () => {
    expect(bestGrid(3, 0, 0, GAP)).toMatchObject({ tileWidth: 0, tileHeight: 0 });
  });
});
