/** Which key does what in a call, and when keys belong to someone else. */

export type Shortcut =
  | 'microphone'
  | 'camera'
  | 'captions'
  | 'people'
  | 'transcript'
  | 'share'
  | 'full-screen'
  | 'talk'
  | 'close'
  | 'help'
  | 'next-region';

export interface KeyPress {
  key: string;
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
  p: 'people',
  t: 'transcript',
  s: 'share',
  f: 'full-screen',
};

export function shortcutFor(press: KeyPress): Shortcut | null {
  const key = press.key.toLowerCase();
  if (press.altKey) return null;
  if (key === 'f6') return 'next-region';
  if (key === 'escape') return 'close';
  if (press.ctrlKey || press.metaKey) return press.shiftKey ? null : (WITH_CONTROL[key] ?? null);
  if (press.typing) return null;
  if (key === '?') return 'help';
  if (key === ' ') return press.onControl ? null : 'talk';
  return press.shiftKey ? null : (BARE[key] ?? null);
}
