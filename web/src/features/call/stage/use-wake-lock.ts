/** Keeps the screen awake during a call, where the browser can. */
import { useEffect } from 'react';

export function useWakeLock(): void {
  useEffect(() => {
    let lock: WakeLockSentinel | undefined;
    let over = false;
    const request = async () => {
      if (document.visibilityState !== 'visible') return;
      // Refused on low battery; the call goes on without.
      lock = await navigator.wakeLock?.request('screen').catch(() => undefined);
      if (over) void lock?.release();
    };
    // Browsers drop the lock whenever the tab is hidden.
    document.addEventListener('visibilitychange', request);
    void request();
    return () => {
      over = true;
      document.removeEventListener('visibilitychange', request);
      void lock?.release();
    };
  }, []);
}
