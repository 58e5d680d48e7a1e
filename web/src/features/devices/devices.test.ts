/** The steps that are shown fit the browser at hand. */
import { describe, expect, it } from 'vitest';
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
