/** Alice holds Space to talk, and lets go in every way that keyboards, browsers and systems know. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TalkKey, watchTalkKey } from './talk-key';

let heard: boolean[];
let talk: TalkKey;
let stop: () => void;

beforeEach(() => {
  heard = [];
  talk = new TalkKey((on) => heard.push(on));
  stop = watchTalkKey(talk);
  talk.press('Space');
});
afterEach(() => {
  vi.restoreAllMocks();
  stop();
});

const key = (kind: 'keyup' | 'keydown', more: KeyboardEventInit) =>
  document.body.dispatchEvent(new KeyboardEvent(kind, { bubbles: true, ...more }));
const happens = (target: EventTarget, kind: string) => target.dispatchEvent(new Event(kind));

describe('the microphone is shut', () => {
  it.each<[string, () => void]>([
    ['when Space is let go', () => key('keyup', { code: 'Space', key: ' ' })],
    [
      'with Option or Shift down, where Space is U+00A0',
      () => key('keyup', { code: 'Space', key: '\u00a0' }),
    ],
    [
      'with AltGr down',
      () =>
        key('keyup', { code: 'Space', key: '\u202f', modifierAltGraph: true, altKey: true, ctrlKey: true }),
    ],
    ['with an input method that processes the key', () => key('keyup', { code: 'Space', key: 'Process' })],
    ['with a key that has no value', () => key('keyup', { code: 'Space', key: 'Unidentified' })],
    [
      'when Command goes down, which hides the release',
      () => key('keydown', { code: 'MetaLeft', key: 'Meta' }),
    ],
    ['when the window loses the focus, also to a frame within it', () => happens(window, 'blur')],
    ['when the page is left', () => happens(window, 'pagehide')],
    ['when the page is frozen', () => happens(document, 'freeze')],
    ['when a context menu takes the keys', () => happens(document.body, 'contextmenu')],
    ['when something is dragged', () => happens(document.body, 'dragstart')],
    ['when the page is printed', () => happens(window, 'beforeprint')],
    [
      'when the tab is hidden',
      () => {
        vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
        happens(document, 'visibilitychange');
      },
    ],
    ['when the call goes away', () => stop()],
  ])('%s', (_, letGo) => {
    expect(heard).toEqual([true]);
    letGo();
    expect(heard).toEqual([true, false]);
  });

  it('although somebody on the way keeps the release to themselves', () => {
    const hide = (event: Event) => event.stopImmediatePropagation();
    document.body.addEventListener('keyup', hide);
    key('keyup', { code: 'Space', key: ' ' });
    document.body.removeEventListener('keyup', hide);
    expect(heard).toEqual([true, false]);
  });

  it('once, and by the next release where one was lost', () => {
    talk.press('Space');
    key('keyup', { code: 'Space', key: ' ' });
    key('keyup', { code: 'Space', key: ' ' });
    expect(heard).toEqual([true, false]);
  });
});

describe('the microphone stays open', () => {
  it.each<[string, () => void]>([
    ['while another key comes and goes', () => key('keyup', { code: 'KeyA', key: 'a' })],
    ['while Shift goes down and up', () => key('keyup', { code: 'ShiftLeft', key: 'Shift' })],
    ['while the tab becomes visible', () => happens(document, 'visibilitychange')],
  ])('%s', (_, happen) => {
    happen();
    expect(heard).toEqual([true]);
  });
});
