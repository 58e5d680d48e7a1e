/** Which key does what in a call, and when keys belong to someone else. */

export type Shortcut =
  | 'microphone'
  | 'camera'
  | 'captions'
  | 'share'
  | 'full-screen'
  | 'talk'
  | 'close'
  | 'help'
  | 'next-region';

export interface KeyPress {
  key: string;
  /** The place on the keyboard. */
  code: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
  /** The focus is in a text field. */
  typing: boolean;
  /** The focus is on something that Space or letters operate themselves. */
  onControl: boolean;
}

const WITH_CONTROL: Record<string, Shortcut> = { d: 'microphone', e: 'camera' };

const BARE: Record<string, Shortcut> = {
  c: 'captions',
  s: 'share',
  f: 'full-screen',
};

export function shortcutFor(press: KeyPress): Shortcut | null {
  const key = letterOf(press);
  if (press.altKey) return null;
  if (key === 'f6') return 'next-region';
  if (key === 'escape') return 'close';
  if (press.ctrlKey || press.metaKey) return press.shiftKey ? null : (WITH_CONTROL[key] ?? null);
  if (press.typing) return null;
  if (key === '?') return 'help';
  if (press.code === 'Space') return press.onControl ? null : 'talk';
  return BARE[bareLetter(press) ?? ''] ?? null;
}

/** The letter that is pressed alone, and not to write. */
export function bareLetter(press: KeyPress): string | null {
  const isPlain = !press.altKey && !press.ctrlKey && !press.metaKey && !press.shiftKey && !press.typing;
  const letter = letterOf(press);
  return isPlain && /^\p{L}$/u.test(letter) ? letter : null;
}

/** A Greek or Cyrillic keyboard writes other letters: there the place counts, as its Latin letter is printed beside. */
function letterOf({ key, code }: KeyPress): string {
  const isForeign = /^\p{L}$/u.test(key) && !/\p{Script=Latin}/u.test(key);
  return (isForeign && code.startsWith('Key') ? code.slice('Key'.length) : key).toLowerCase();
}
