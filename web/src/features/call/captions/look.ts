/** How captions look: sizes and pairs of colours to choose from. `tokens.css` has the colours by these names. */

export const CAPTION_SIZES = ['s', 'm', 'l', 'xl'] as const;
export const CAPTION_COLOURS = ['white', 'yellow', 'black'] as const;

export type CaptionSize = (typeof CAPTION_SIZES)[number];
export type CaptionColours = (typeof CAPTION_COLOURS)[number];

export interface CaptionLook {
  size: CaptionSize;
  colours: CaptionColours;
}

/** What a browser remembers may be older than this page. */
export const captionSizeOf = (text: string | null): CaptionSize =>
  CAPTION_SIZES.find((size) => size === text) ?? 'm';

export const captionColoursOf = (text: string | null): CaptionColours =>
  CAPTION_COLOURS.find((colours) => colours === text) ?? 'white';
