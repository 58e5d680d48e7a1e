/** Draws how loud one is to others around the microphone button: by hand, for ten renders a second would cost more. */
import { type RefObject, useEffect, useRef } from 'react';
import { watchSentLevel } from '../../../call/devices/sent-level';
import { usePart, useSession } from '../use-call';

/** Below it a ring would be a flicker. */
const SHOWN_MIN = 0.05;

export function useSentLevel(): RefObject<HTMLSpanElement | null> {
  const ring = useRef<HTMLSpanElement>(null);
  const { connection, media } = useSession();
  const isSent = usePart(media, ({ microphoneOn, starting }) => microphoneOn && !starting.audioinput);
  const isLive = usePart(connection, ({ kind }) => kind === 'live');
  useEffect(() => {
    if (!isSent || !isLive) return;
    return watchSentLevel(
      () => connection.link?.microphone() ?? null,
      (level) => ring.current?.style.setProperty('--level', (level < SHOWN_MIN ? 0 : level).toFixed(2)),
    );
  }, [isSent, isLive, connection]);
  return ring;
}
