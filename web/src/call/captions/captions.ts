/** Assembles captions: each update replaces its segment, finals settle, and only the freshest lines show. */

export interface CaptionUpdate {
  segment: string;
  identity: string;
  name: string;
  text: string;
  /** What it is in, ISO 639-1; absent where that is not known. */
  language?: string | undefined;
  /** How many characters (code points) of the text, from the first, will stay as they are. */
  certain: number;
  final: boolean;
}

export interface CaptionLine extends CaptionUpdate {
  /** When the text last changed. */
  at: number;
}

/** More than three lines cover faces. */
const VISIBLE_LINES_MAX = 3;
/** A settled line stays long enough to be read at an easy pace. */
const FINAL_VISIBLE_MS = 7_000;
/** A partial that is never finished belongs to a speaker who left or a recogniser that gave up. */
const PARTIAL_VISIBLE_MS = 12_000;
/** After so long a silence the next words may well be those of another moment; pauses between turns are shorter. */
const QUIET_AFTER_MS = 30_000;
/** Beyond this the oldest lines are forgotten; the transcript page has them all. */
const KEPT_LINES_MAX = 300;

/**
 * A final is never overwritten: a late partial of the same segment is older news. A segment belongs to who says it:
 * nobody's words replace those of another.
 */
export function applyCaption(
  lines: readonly CaptionLine[],
  update: CaptionUpdate,
  now: number,
): readonly CaptionLine[] {
  const place = lines.findIndex(
    (line) => line.segment === update.segment && line.identity === update.identity,
  );
  const known = lines[place];
  if (known?.final && !update.final) return lines;
  const text = update.text.trim();
  if (text === '') return known ? lines.filter((line) => line !== known) : lines;
  // Who leaves before their last words are settled has no name in the room any more.
  const name = update.name || (lines.findLast((line) => line.identity === update.identity)?.name ?? '');
  const line = { ...update, name, text, at: now };
  return known ? lines.with(place, line) : [...lines, line].slice(-KEPT_LINES_MAX);
}

/** The text parted into what stays and what the recogniser may still think better of. */
export function parted({ text, certain, final }: CaptionUpdate): [string, string] {
  if (final) return [text, ''];
  const characters = Array.from(text);
  return [characters.slice(0, certain).join(''), characters.slice(certain).join('')];
}

export function visibleCaptions(lines: readonly CaptionLine[], now: number): CaptionLine[] {
  return lines
    .filter((line) => now - line.at < (line.final ? FINAL_VISIBLE_MS : PARTIAL_VISIBLE_MS))
    .slice(-VISIBLE_LINES_MAX);
}

/** Whether the captions' room is better given to the faces: nobody is reading, and nobody is about to. */
export function isQuiet(lastWordAt: number, now: number): boolean {
  return now - lastWordAt >= QUIET_AFTER_MS;
}
