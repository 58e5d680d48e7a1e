/** Tells who speaks into a muted microphone. */
import { useEffect } from 'react';
import { watchLevel } from '../../../call/devices/microphone-level';
import { hearMuted, SILENT } from '../../../call/devices/muted-speech';
import { usePart, useSession } from '../use-call';

export function useMutedSpeech(): void {
  const { connection, media, notices } = useSession();
  const isMuted = usePart(media, ({ microphoneOn }) => !microphoneOn);
  const isLive = usePart(connection, ({ kind }) => kind === 'live');
  useEffect(() => {
    const track = isMuted && isLive ? connection.link?.microphone() : null;
    if (!track) return;
    let state = SILENT;
    return watchLevel(track, (level) => {
      const [next, isDue] = hearMuted(state, level, Date.now());
      state = next;
      if (isDue) notices.post({ kind: 'speaking-muted' });
    });
  }, [isMuted, isLive, connection, notices]);
}
