/** What the strip of captions shows: one thing at a time, and nothing when nobody reads. */
import { isQuiet } from './captions';

export type Strip =
  /** Takes no space. */
  | 'hidden'
  /** Just switched on: where captions will be. */
  | 'intro'
  /** Lines, or the space for the next one. */
  | 'lines';

/** Long enough to read one line. */
const INTRO_MS = 5_000;

/** `lastWordAt` is 0 while nobody has said anything since the captions were switched on at `shownAt`. */
export function stripOf(times: { shownAt: number; lastWordAt: number }, now: number): Strip {
  if (times.lastWordAt > 0 && !isQuiet(times.lastWordAt, now)) return 'lines';
  return times.lastWordAt === 0 && now - times.shownAt < INTRO_MS ? 'intro' : 'hidden';
}

/** That captions come late is worth saying while somebody speaks, or did a moment ago. */
export function isLateNow(late: boolean, lastSpokenAt: number | null, now: number): boolean {
  return late && lastSpokenAt !== null && !isQuiet(lastSpokenAt, now);
}
