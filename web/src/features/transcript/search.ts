/** Finds words in a transcript, forgiving capitals and accents: "reunion" finds "Réunion". */
import type { Paragraph } from './paragraphs';

export interface Piece {
  /** Where it begins, in characters. */
  at: number;
  text: string;
  found: boolean;
}

/** The text cut where the words were found; one piece, not found, where they were not. */
export function cutAtMatches(text: string, wanted: string): Piece[] {
  const needle = fold(wanted.trim()).join('');
  if (needle === '') return [{ at: 0, text, found: false }];
  const folded = fold(text);
  const chars = [...text];
  const pieces: Piece[] = [];
  let from = 0;
  for (let at = 0; at < chars.length; at += 1) {
    const length = matchLength(folded, at, needle);
    if (length === 0) continue;
    if (at > from) pieces.push({ at: from, text: chars.slice(from, at).join(''), found: false });
    pieces.push({ at, text: chars.slice(at, at + length).join(''), found: true });
    from = at + length;
    at = from - 1;
  }
  if (from < chars.length) pieces.push({ at: from, text: chars.slice(from).join(''), found: false });
  return pieces;
}

export function paragraphsWith(paragraphs: readonly Paragraph[], wanted: string): Paragraph[] {
  const needle = fold(wanted.trim()).join('');
  if (needle === '') return [...paragraphs];
  return paragraphs.filter(({ text, speaker }) => fold(`${speaker.name}\n${text}`).join('').includes(needle));
}

/** One entry for each character, without accents and capitals, so that places keep their numbers. */
function fold(text: string): string[] {
  return [...text].map((char) => char.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase());
}

/** How many characters from `at` spell the needle, or 0. */
function matchLength(folded: readonly string[], at: number, needle: string): number {
  let spelled = '';
  for (let i = at; i < folded.length && spelled.length < needle.length; i += 1) spelled += folded[i];
  if (spelled !== needle) return 0;
  let length = 0;
  for (let rest = needle.length; rest > 0; length += 1) rest -= folded[at + length]?.length ?? 0;
  return length;
}
