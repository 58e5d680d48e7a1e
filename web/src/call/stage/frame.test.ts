/** A picture keeps its shape, within what a tile can be. */
import { describe, expect, it } from 'vitest';
import { fitted, needsMargins } from './frame';

describe('fitted', () => {
  it('fills one direction and keeps the shape', () => {
    expect(fitted(16 / 9, { width: 1280, height: 450 })).toEqual({ width: 800, height: 450 });
    expect(fitted(16 / 9, { width: 800, height: 700 })).toEqual({ width: 800, height: 450 });
  });

  it('never becomes a stripe', () => {
    expect(fitted(9, { width: 960, height: 900 })).toEqual({ width: 960, height: 400 });
    expect(fitted(0.1, { width: 900, height: 400 })).toEqual({ width: 200, height: 400 });
  });
});

describe('needsMargins', () => {
  it('shows a phone held upright whole in a wide tile, and a wide picture without margins', () => {
    expect(needsMargins(9 / 16, { width: 320, height: 180 })).toBe(true);
    expect(needsMargins(9 / 16, { width: 180, height: 320 })).toBe(false);
    expect(needsMargins(16 / 9, { width: 320, height: 180 })).toBe(false);
  });
});
