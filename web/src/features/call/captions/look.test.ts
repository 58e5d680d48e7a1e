/** Captions can be read in each of their pairs of colours: WCAG's enhanced contrast, partial text and names included. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CAPTION_COLOURS, captionColoursOf, captionSizeOf } from './look';

const tokens = readFileSync('src/tokens.css', 'utf8');
const blockOf = (selector: string) => tokens.split(`${selector} {`)[1]?.split('\n}')[0] ?? '';
const colourIn = (block: string, token: string) => new RegExp(`--${token}: (#[0-9a-f]{6});`).exec(block)?.[1];

function luminance(hex: string): number {
  const channels = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255);
  const [r = 0, g = 0, b = 0] = channels.map((c) =>
    c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

describe('colours of captions', () => {
  it.each(CAPTION_COLOURS)('%s: 7:1 for what stays and for what may change', (colours) => {
    const block = blockOf(colours === 'white' ? ':root' : `[data-captions="${colours}"]`);
    const [back, text, open] = ['caption-back', 'caption-text', 'caption-open'].map((token) =>
      colourIn(block, token),
    );
    expect(contrast(back ?? '', text ?? '')).toBeGreaterThanOrEqual(7);
    expect(contrast(back ?? '', open ?? '')).toBeGreaterThanOrEqual(7);
  });

  it('white: 7:1 for the names in the colours of their speakers', () => {
    const back = colourIn(blockOf(':root'), 'caption-back') ?? '';
    const speakers = [...tokens.matchAll(/--speaker-\d: light-dark\(#[0-9a-f]{6}, (#[0-9a-f]{6})\)/g)];
    expect(speakers).toHaveLength(8);
    for (const [, colour = ''] of speakers) expect(contrast(back, colour), colour).toBeGreaterThanOrEqual(7);
  });

  it('takes what the browser does not know for the usual', () => {
    expect([captionSizeOf('xl'), captionSizeOf('huge'), captionSizeOf(null)]).toEqual(['xl', 'm', 'm']);
    expect([captionColoursOf('yellow'), captionColoursOf('pink')]).toEqual(['yellow', 'white']);
  });
});
