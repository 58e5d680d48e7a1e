/** How loud one is to others: what one's own microphone sends, and nothing while it sends nothing. */
import { watchLevel } from './microphone-level';

/** The browser may have another track at any time: another device was chosen, or the connection is a new one. */
const LOOK_MS = 500;

/** `track` answers what is sent now, or null. The answer stops. */
export function watchSentLevel(
  track: () => MediaStreamTrack | null,
  onLevel: (level: number) => void,
  watch: typeof watchLevel = watchLevel,
): () => void {
  let watched: MediaStreamTrack | null = null;
  let stop = () => {};
  const look = () => {
    const now = track();
    if (now === watched) return;
    stop();
    watched = now;
    stop = now === null ? () => {} : watch(now, onLevel);
    if (now === null) onLevel(0);
  };
  look();
  const timer = setInterval(look, LOOK_MS);
  return () => {
    clearInterval(timer);
    stop();
    onLevel(0);
  };
}
