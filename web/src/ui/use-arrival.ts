/** Brings keyboard and screen reader to what has just appeared; both hooks are for a heading with `tabIndex={-1}`. */
import { type RefObject, useEffect, useRef } from 'react';

/** For a screen that has taken the place of another: what had the focus is gone with it. */
export function useArrival<T extends HTMLElement>(): RefObject<T | null> {
  const heading = useRef<T>(null);
  useEffect(() => {
    // A field that asks to be filled in first has it already.
    if (hasNobodyTheFocus()) heading.current?.focus({ preventScroll: true });
  }, []);
  return heading;
}

/**
 * For what opens beside a screen: when it closes, the focus goes back to the control that had it, or to what `opener`
 * answers where none had it: a press of the mouse leaves no focus behind.
 */
export function useVisit<T extends HTMLElement>(opener: () => HTMLElement | null): RefObject<T | null> {
  const find = useRef(opener);
  const heading = useRef<T>(null);
  useEffect(() => {
    const before = document.activeElement;
    heading.current?.focus({ preventScroll: true });
    return () => {
      // The focus has gone with what was closed, unless somebody has moved it meanwhile.
      if (!hasNobodyTheFocus() || !(before instanceof HTMLElement)) return;
      const isControl = before.tabIndex >= 0;
      const target = isControl ? before : (find.current() ?? before);
      target.focus({ preventScroll: true });
    };
  }, []);
  return heading;
}

function hasNobodyTheFocus(): boolean {
  return document.activeElement === null || document.activeElement === document.body;
}
