/** Assembles captions: each update replaces its segment, finals settle, and the last lines show in the order they began. */

export interface CaptionUpdate {
  segment: string;
  identity: string;
  name: string;
  /** The name looks like that of somebody who had it before. */
  isLookalike: boolean;
  /** When it began to be said, in milliseconds of the server's clock. */
  startedAt: number;
  text: string;
  /** What it is in, ISO 639-1; absent where that is not known. */
  language?: string | undefined;
  /** How many characters (code points) of the text, from the first, will stay as they are. */
  certain: number;
  final: boolean;
  /** It is in the transcript. */
  kept: boolean;
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
 * A short line may be recognised after the beginning of the next, and stands before it all the same. A final is never overwritten: a late partial of the same segment is older news. A segment belongs to who says it:
 * nobody's words replace those of another.
 */
export function applyCaption(
  lines: readonly CaptionLine[],
  update: CaptionUpdate,
  now: number,
): readonly CaptionLine[] {
  const known = lines.find((line) => line.segment === update.segment && line.identity === update.identity);
  if (known?.final && !update.final) return lines;
  const text = update.text.trim();
  if (text === '') return known ? lines.filter((line) => line !== known) : lines;
  const { name, isLookalike } = speakerOf(lines, update);
  const line = { ...update, name, isLookalike, text, at: now };
  const all = known ? lines.with(lines.indexOf(known), line) : [...lines, line];
  return all.toSorted((one, other) => one.startedAt - other.startedAt).slice(-KEPT_LINES_MAX);
}

/** Who leaves before their last words are settled has no name in the room any more. */
function speakerOf(
  lines: readonly CaptionLine[],
  update: CaptionUpdate,
): Pick<CaptionUpdate, 'name' | 'isLookalike'> {
  if (update.name !== '') return update;
  return lines.findLast((line) => line.identity === update.identity) ?? update;
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
