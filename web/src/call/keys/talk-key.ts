/**
 * The key that is held to talk. Whatever else happens to the keyboard meanwhile, a microphone that it opened is shut:
 * one that stays open behind a person's back is the worst a call can do.
 */
export class TalkKey {
  /** The place on the keyboard (`KeyboardEvent.code`): its value changes with Shift, AltGr and the layout. */
  #held: string | null = null;

  constructor(readonly setMicrophone: (on: boolean) => void) {}

  press(code: string): void {
    if (this.#held === null) this.setMicrophone(true);
    this.#held = code;
  }

  /** On a Mac no key that is let go while Command is down is reported, so Command ends the talk. */
  pressOther(code: string): void {
    if (code === 'MetaLeft' || code === 'MetaRight' || code === 'OSLeft' || code === 'OSRight') this.letGo();
  }

  release(code: string): void {
    if (code === this.#held) this.letGo();
  }

  /** For everything after which the release of the key may go to somebody else. */
  letGo(): void {
    if (this.#held === null) return;
    this.#held = null;
    this.setMicrophone(false);
  }
}

/** After these the release of a held key goes to another window, frame, menu or program, or to nobody. */
const LOSE_THE_KEY = ['blur', 'pagehide', 'freeze', 'contextmenu', 'dragstart', 'beforeprint'];

/** Listens for whatever ends the talk; the answer stops listening and lets the key go. */
export function watchTalkKey(talk: TalkKey): () => void {
  const watching = new AbortController();
  // In the capture phase: a handler that stops an event on its way does not keep the microphone open.
  const options = { capture: true, signal: watching.signal };
  window.addEventListener('keyup', ({ code }) => talk.release(code), options);
  window.addEventListener('keydown', ({ code }) => talk.pressOther(code), options);
  for (const event of LOSE_THE_KEY) window.addEventListener(event, () => talk.letGo(), options);
  document.addEventListener('visibilitychange', () => document.hidden && talk.letGo(), options);
  return () => {
    watching.abort();
    talk.letGo();
  };
}
