/** Keys of the call, and the places where they must keep out. */
import { describe, expect, it } from 'vitest';
import { type KeyPress, shortcutFor } from './shortcuts';

const press = (key: string, more: Partial<KeyPress> = {}) =>
  shortcutFor({
    key,
    code: key === ' ' ? 'Space' : `Key${key.toUpperCase()}`,
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    shiftKey: false,
    typing: false,
    onControl: false,
    ...more,
  });

describe('shortcutFor', () => {
  it('mutes with Ctrl+D and with Cmd+D, even while typing', () => {
    expect(press('d', { ctrlKey: true })).toBe('microphone');
    expect(press('D', { metaKey: true, typing: true })).toBe('microphone');
  });

  it('leaves letters to the text field that has the focus', () => {
    expect([press('c'), press('c', { typing: true }), press('?', { shiftKey: true, typing: true })]).toEqual([
      'captions',
      null,
      null,
    ]);
  });

  it('talks with Space held, but lets Space press a focused button', () => {
    expect([press(' '), press(' ', { onControl: true })]).toEqual(['talk', null]);
  });

  it('knows Space by its place: with Shift a French keyboard writes U+00A0', () => {
    expect(press('\u00a0', { code: 'Space', shiftKey: true })).toBe('talk');
  });

  it.each([
    ['в', 'KeyD', 'microphone'],
    ['δ', 'KeyD', 'microphone'],
    ['у', 'KeyE', 'camera'],
  ])('takes %s for the Latin letter on the same key', (key, code, shortcut) => {
    expect(press(key, { code, ctrlKey: true })).toBe(shortcut);
  });

  it('takes a Latin letter as it is written, wherever the key lies', () => {
    expect(press('d', { code: 'KeyH', ctrlKey: true })).toBe('microphone');
    expect(press('h', { code: 'KeyD', ctrlKey: true })).toBeNull();
  });

  it('keeps out of the browser and of other layouts', () => {
    expect([
      press('p', { ctrlKey: true }),
      press('e', { altKey: true }),
      press('F', { shiftKey: true }),
    ]).toEqual([null, null, null]);
  });

  it('opens help with the question mark of any keyboard', () => {
    expect(press('?', { shiftKey: true })).toBe('help');
  });

  it('cycles regions and closes panels from anywhere', () => {
    expect([press('F6', { typing: true }), press('Escape', { typing: true })]).toEqual([
      'next-region',
      'close',
    ]);
  });
});
