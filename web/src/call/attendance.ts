/** Ties a call to the screen that shows it: a call without a screen would be on air with no way to end it. */
import { isOn } from './connection';
import type { CallSession } from './session';

/** The departure that is due for each session whose screen went away, or went and came back. */
const departures = new WeakMap<CallSession, ReturnType<typeof setTimeout>>();

/**
 * Starts the session when its screen appears; the answer ends it when the screen goes, a tick later: React mounts
 * everything twice while developing, and a call should not notice.
 */
export function attend(session: CallSession): () => void {
  const departing = departures.get(session);
  if (departing === undefined) session.start();
  clearTimeout(departing);
  return () => {
    departures.set(
      session,
      setTimeout(() => {
        // One that has ended keeps its ending, and must not make a reload forget the call after it.
        if (isOn(session.connection.view())) session.leave();
      }, 0),
    );
  };
}
