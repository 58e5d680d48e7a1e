/** The transcript as plain text, for the clipboard. */
import type { Paragraph } from './paragraphs';
import { elapsed } from './times';

export function plainText(paragraphs: readonly Paragraph[], withTimes: boolean, unnamed: string): string {
  return paragraphs
    .map(({ speaker, offsetMs, text }) => {
      const name = speaker.name || unnamed;
      return withTimes ? `[${elapsed(offsetMs)}] ${name}: ${text}` : `${name}: ${text}`;
    })
    .join('\n\n');
}
