/** On a phone the way out of a sheet is Back; without an entry of its own, Back would leave the call. */
import { useEffect, useRef } from 'react';

const MARK = 'visio.sheet';

export function useBackCloses(isOpen: boolean, close: () => void): void {
  const latest = useRef(close);
  useEffect(() => {
    latest.current = close;
  });
  useEffect(() => {
    if (!isOpen) return;
    history.pushState({ [MARK]: true }, '');
    const back = () => latest.current();
    window.addEventListener('popstate', back);
    return () => {
      window.removeEventListener('popstate', back);
      // Closed by other means: its entry goes too, so that the next Back does what it always does.
      if (history.state?.[MARK]) history.back();
    };
  }, [isOpen]);
}
