/** Keeps small texts in the browser's storage, and in memory where that is blocked or full. */

/** Storage that never throws: what the browser refuses is remembered until the page is closed. */
export interface TextStorage {
  get(key: string): string | null;
  set(key: string, text: string): void;
  remove(key: string): void;
}

/**
 * `reach` may throw: with site data blocked, browsers already refuse the look at `localStorage`, and some
 * views inside other programs answer null.
 */
export function textStorage(reach: () => Storage | null): TextStorage {
  // What this page wrote last, and for which of it the browser holds something else.
  const written = new Map<string, string | null>();
  const refused = new Set<string>();
  const attempt = <T>(act: (storage: Storage) => T): { done: T } | null => {
    try {
      const storage = reach();
      return storage && { done: act(storage) };
    } catch {
      return null;
    }
  };
  const write = (key: string, text: string | null, act: (storage: Storage) => void) => {
    written.set(key, text);
    if (attempt(act)) refused.delete(key);
    else refused.add(key);
  };
  const remove = (key: string) => write(key, null, (storage) => storage.removeItem(key));
  return {
    get: (key) => {
      const read = refused.has(key) ? null : attempt((storage) => storage.getItem(key));
      return read ? read.done : (written.get(key) ?? null);
    },
    set: (key, text) => {
      // Full storage still gives back: an outdated text must not come back with the next visit.
      remove(key);
      write(key, text, (storage) => storage.setItem(key, text));
    },
    remove,
  };
}

/** For every visit from this browser. */
export const lastingStorage = textStorage(() => globalThis.localStorage);

/** For the life of this browser tab, over reloads. */
export const tabStorage = textStorage(() => globalThis.sessionStorage);
