/**
 * Decides whom the stage follows. Who speaks alone for a second becomes the main speaker; silence keeps
 * them; a cough or a "yes" of another does not take the stage.
 */
export interface SpeakerState {
  main: string | null;
  candidate: string | null;
  since: number;
}

/** Shorter than this is an interjection. */
const TAKES_STAGE_MS = 1_000;

export const NOBODY: SpeakerState = { main: null, candidate: null, since: 0 };

/** `speaking` lists who speaks now, loudest first, without oneself. */
export function followSpeaker(state: SpeakerState, speaking: readonly string[], now: number): SpeakerState {
  if (state.main !== null && speaking.includes(state.main)) return { ...state, candidate: null };
  const loudest = speaking[0] ?? null;
  if (loudest === null) return { ...state, candidate: null };
  if (state.main === null) return { main: loudest, candidate: null, since: now };
  if (loudest !== state.candidate) return { ...state, candidate: loudest, since: now };
  if (now - state.since >= TAKES_STAGE_MS) return { main: loudest, candidate: null, since: now };
  return state;
}

/** Forgets a main speaker who left. */
export function withoutAbsent(state: SpeakerState, present: readonly string[]): SpeakerState {
  return state.main !== null && !present.includes(state.main) ? NOBODY : state;
}
