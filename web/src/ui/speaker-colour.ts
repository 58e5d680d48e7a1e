/** Colour and initials that belong to a person, the same on every screen. */
import type { CSSProperties } from 'react';

/** As many as `tokens.css` has speaker colours. */
const SPEAKER_COLOURS = 8;

/** Sets `--speaker`, which the styles of names and avatars draw with. */
export function speakerColour(identity: string): CSSProperties {
  return { '--speaker': `var(--speaker-${colourIndex(identity)})` } as CSSProperties;
}

export function colourIndex(identity: string): number {
  let hash = 0;
  for (const char of identity) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) % 65_521;
  return hash % SPEAKER_COLOURS;
}

/** First letters of the first and last word, whole characters in any script. */
export function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const ends = words.length > 1 ? [words[0], words.at(-1)] : words;
  const initials = ends.map((word) => [...(word ?? '')][0] ?? '').join('');
  return initials === '' ? '?' : initials.toLocaleUpperCase();
}
