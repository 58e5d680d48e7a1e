/** Notices that somebody speaks into a muted microphone, and says so, but does not nag. */

export interface MutedSpeech {
  /** Since when there has been a voice, or null. */
  since: number | null;
  saidAt: number | null;
}

export const SILENT: MutedSpeech = { since: null, saidAt: null };

/** As `levelOf` measures; typing and breathing stay below. */
const VOICE_LEVEL_MIN = 0.35;
/** A cough is shorter. */
const VOICE_MS = 600;
/** Who talks to somebody in the room knows after the first time. */
const SAY_EVERY_MS = 60_000;

/** `level` is that of the microphone now; the second answer says whether to tell the person. */
export function hearMuted(state: MutedSpeech, level: number, now: number): [MutedSpeech, boolean] {
  if (level < VOICE_LEVEL_MIN) return [{ ...state, since: null }, false];
  const since = state.since ?? now;
  const isDue = now - since >= VOICE_MS && (state.saidAt === null || now - state.saidAt >= SAY_EVERY_MS);
  return [{ since, saidAt: isDue ? now : state.saidAt }, isDue];
}
