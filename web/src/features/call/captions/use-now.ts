/** The time, fresh enough for what fades and counts; it stands still while nobody needs it. */
import { useEffect, useState } from 'react';

export function useNow(everyMs: number, active: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!active) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs, active]);
  return active ? Math.max(now, 0) : Date.now();
}
