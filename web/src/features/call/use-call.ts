/** How components look at a call: each subscribes to the part, and of it to what it draws. */
import { createContext, useContext, useSyncExternalStore } from 'react';
import type { Part } from '../../call/part';
import type { CallSession } from '../../call/session';

export const SessionContext = createContext<CallSession | null>(null);

export function useSession(): CallSession {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('This component belongs inside a SessionContext');
  return session;
}

/** `select` answers a plain value or one that the part keeps: a new object each time would be drawn each time. */
export function usePart<S, T>(part: Part<S>, select: (view: S) => T): T {
  return useSyncExternalStore(part.subscribe, () => select(part.view()));
}

export const whole = <S>(view: S): S => view;
