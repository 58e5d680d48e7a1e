/** Remembers who one is in a room for the life of a browser tab, so that a reload returns to the call. */
import { tabStorage } from '../browser/storage';

export interface SavedSession {
  identity: string;
  token: string;
  name: string;
  language: string | null;
  microphone: boolean;
  camera: boolean;
  captions: boolean;
}

const key = (code: string) => `visio.session.${code}`;

export function saveSession(code: string, session: SavedSession): void {
  tabStorage.set(key(code), JSON.stringify(session));
}

export function forgetSession(code: string): void {
  tabStorage.remove(key(code));
}

/**
 * The session to return to. Only a reload qualifies: a duplicated tab copies the storage too, and two tabs on
 * one identity would throw each other out.
 */
export function sessionAfterReload(code: string, navigation: string | undefined): SavedSession | null {
  const stored = tabStorage.get(key(code));
  if (stored === null) return null;
  if (navigation !== 'reload') {
    forgetSession(code);
    return null;
  }
  return parse(stored);
}

function parse(stored: string): SavedSession | null {
  try {
    const saved: unknown = JSON.parse(stored);
    const whole =
      typeof saved === 'object' &&
      saved !== null &&
      'identity' in saved &&
      'token' in saved &&
      'name' in saved;
    return whole ? (saved as SavedSession) : null;
  } catch {
    return null;
  }
}
