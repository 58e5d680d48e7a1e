/** Keeps the end of a growing text in sight, unless somebody has scrolled up to read. */
import { type RefObject, useEffect, useLayoutEffect, useRef } from 'react';

/** A line's height: who is this close to the end wants to see it grow. */
const AT_END_PX = 48;

function isAtEnd({
  scrollTop,
  clientHeight,
  scrollHeight,
}: Pick<Element, 'scrollTop' | 'clientHeight' | 'scrollHeight'>): boolean {
  return scrollHeight - clientHeight - scrollTop < AT_END_PX;
}

export function useFollowEnd(scrolled: RefObject<HTMLElement | null>): void {
  const following = useRef(true);
  useEffect(() => {
    const element = scrolled.current;
    if (!element) return;
    const look = () => {
      following.current = isAtEnd(element);
    };
    element.addEventListener('scroll', look, { passive: true });
    return () => element.removeEventListener('scroll', look);
  }, [scrolled]);
  // After each drawing: any of them may have made the text longer.
  useLayoutEffect(() => {
    const element = scrolled.current;
    if (element && following.current) element.scrollTop = element.scrollHeight;
  });
}
