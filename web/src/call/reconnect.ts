/** What an interruption looks like over time, and how often the client tries to join again. */

/** Nothing to see, a thin bar, what it means, what the person can do. */
export type ReconnectStage = 'quiet' | 'thin' | 'explained' | 'advised';

const THIN_AFTER_MS = 1_000;
const EXPLAINED_AFTER_MS = 5_000;
const ADVISED_AFTER_MS = 15_000;

export function reconnectStage(since: number | null, now: number): ReconnectStage {
  if (since === null) return 'quiet';
  const elapsed = now - since;
  if (elapsed >= ADVISED_AFTER_MS) return 'advised';
  if (elapsed >= EXPLAINED_AFTER_MS) return 'explained';
  return elapsed >= THIN_AFTER_MS ? 'thin' : 'quiet';
}

const FIRST_RETRY_MS = 400;
/** A restarted server is back within seconds; people should not wait longer for their client than for it. */
const LONGEST_RETRY_MS = 5_000;

/** Doubles up to a ceiling; `random` (0 to 1) spreads a whole meeting so that it does not return in one blow. */
export function retryDelayMs(attempt: number, random: number): number {
  const ceiling = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempt);
  return ceiling * (0.5 + random / 2);
}

/**
 * How long the library may repair a connection by itself before the client joins again:
 * a server that restarted knows no old session, and only a new join reopens the meeting.
 */
export const LIBRARY_RETRIES_MS = [0, 300, 1_000, 2_000, 3_000];
