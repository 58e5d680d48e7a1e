/** Who spoke in a transcript, in the order they first did, and where. */
import type { Paragraph } from './paragraphs';

export interface SpeakerPlaces {
  identity: string;
  name: string;
  ids: string[];
}

export function speakersOf(paragraphs: readonly Paragraph[]): SpeakerPlaces[] {
  const speakers = new Map<string, SpeakerPlaces>();
  for (const { id, speaker } of paragraphs) {
    const known = speakers.get(speaker.identity);
    if (known) known.ids.push(id);
    else speakers.set(speaker.identity, { ...speaker, ids: [id] });
  }
  return [...speakers.values()];
}
