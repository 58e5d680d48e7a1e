/** Meters that tell speech from silence, and steps that fit the browser at hand. */
import { describe, expect, it } from 'vitest';
import { levelOf } from '../../call/devices/level';
import { browserFamily } from './browser-family';

describe('browserFamily', () => {
  it.each([
    ['Mozilla/5.0 (X11) Gecko/20100101 Firefox/140.0', 'firefox'],
    ['Mozilla/5.0 AppleWebKit/537.36 Chrome/150.0 Safari/537.36 Edg/150.0', 'chromium'],
    ['Mozilla/5.0 (Macintosh) AppleWebKit/605.1 Version/19.0 Safari/605.1', 'safari'],
    ['curl/8', 'chromium'],
  ])('%s is %s', (userAgent, family) => {
    expect(browserFamily(userAgent)).toBe(family);
  });
});

describe('levelOf', () => {
  it('rests in silence, stays low in room noise, and reaches the top in loud speech', () => {
    const tone = (amplitude: number) => new Float32Array(512).map((_, i) => amplitude * Math.sin(i / 3));
    expect(levelOf(tone(0))).toBe(0);
    expect(levelOf(tone(0.002))).toBe(0);
    expect(levelOf(tone(0.05))).toBeGreaterThan(0.4);
    expect(levelOf(tone(1))).toBe(1);
  });
});
