/** Alice's browser keeps what it is asked to, or some of it, or nothing: the page goes on either way. */
import { describe, expect, it } from 'vitest';
import { textStorage } from './storage';

const refuse = (name: string) => () => {
  throw new DOMException('', name);
};

function fakeStorage(over: Partial<Storage> = {}, held: Record<string, string> = {}): Storage {
  const texts = new Map(Object.entries(held));
  return {
    get length() {
      return texts.size;
    },
    key: (at) => [...texts.keys()][at] ?? null,
    clear: () => texts.clear(),
    getItem: (key) => texts.get(key) ?? null,
    setItem: (key, text) => void texts.set(key, text),
    removeItem: (key) => void texts.delete(key),
    ...over,
  };
}

const full = { setItem: refuse('QuotaExceededError') };
const blocked = { getItem: refuse('SecurityError'), setItem: refuse('SecurityError') };

/** What a browser does, and what a later visit finds of the text that was written. */
const BROWSERS: [string, () => Storage | null, string | null][] = [
  [
    'keeps it',
    (
      (storage) => () =>
        storage
    )(fakeStorage()),
    'new',
  ],
  ['blocks the look at it', refuse('SecurityError'), null],
  ['has none', () => null, null],
  [
    'is full',
    (
      (storage) => () =>
        storage
    )(fakeStorage(full)),
    null,
  ],
  [
    'is full of an outdated text',
    (
      (storage) => () =>
        storage
    )(fakeStorage(full, { name: 'old' })),
    null,
  ],
  [
    'blocks each use',
    (
      (storage) => () =>
        storage
    )(fakeStorage(blocked)),
    null,
  ],
  [
    'is corrupt',
    (
      (storage) => () =>
        storage
    )(fakeStorage({ getItem: refuse('UnknownError') })),
    null,
  ],
];

describe('textStorage', () => {
  it.each(BROWSERS)('gives back on this page what was written, where storage %s', (_, reach, later) => {
    const page = textStorage(reach);
    page.set('name', 'new');
    expect(page.get('name')).toBe('new');
    expect(textStorage(reach).get('name')).toBe(later);
    page.remove('name');
    expect(page.get('name')).toBeNull();
  });

  it('does not bring back what a browser would not delete', () => {
    const stuck = fakeStorage({ removeItem: refuse('InvalidStateError') }, { name: 'old' });
    const page = textStorage(() => stuck);
    expect(page.get('name')).toBe('old');
    page.remove('name');
    expect(page.get('name')).toBeNull();
  });

  it('writes through again once there is space', () => {
    let isFull = true;
    const storage = fakeStorage();
    const write = storage.setItem;
    storage.setItem = (key, text) => (isFull ? refuse('QuotaExceededError')() : write(key, text));
    const page = textStorage(() => storage);
    page.set('name', 'one');
    isFull = false;
    page.set('name', 'two');
    expect([storage.getItem('name'), page.get('name')]).toEqual(['two', 'two']);
  });

  it('follows another tab in what this page never failed to write', () => {
    const shared = fakeStorage();
    const page = textStorage(() => shared);
    page.set('name', 'here');
    shared.setItem('name', 'there');
    expect(page.get('name')).toBe('there');
  });
});
