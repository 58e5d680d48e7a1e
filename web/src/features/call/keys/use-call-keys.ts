/** Connects the keys of `call/keys/shortcuts.ts` to the call. */
import { type RefObject, useEffect, useRef } from 'react';
import { bareLetter, type KeyPress, type Shortcut, shortcutFor } from '../../../call/keys/shortcuts';
import { TalkKey, watchTalkKey } from '../../../call/keys/talk-key';
import type { CallSession } from '../../../call/session';
import { PANELS } from '../panels/panels';

interface CallActions {
  session: CallSession;
  togglePanel: (kind: string) => void;
  closePanel: () => void;
  openHelp: () => void;
  isOpen: boolean;
}

export function useCallKeys(screen: RefObject<HTMLElement | null>, actions: CallActions): void {
  const latest = useRef(actions);
  useEffect(() => {
    latest.current = actions;
  });
  useEffect(() => {
    const talk = new TalkKey((on) => latest.current.session.media.switch('audioinput', on));
    const unwatch = watchTalkKey(talk);
    const down = (event: KeyboardEvent) => {
      if (event.defaultPrevented) return;
      const press = pressOf(event);
      const panel = PANELS.find(({ letter }) => letter === bareLetter(press));
      if (panel && !event.repeat) latest.current.togglePanel(panel.kind);
      const shortcut = shortcutFor(press);
      if (shortcut === null) return;
      if (shortcut === 'close' && !latest.current.isOpen) return;
      event.preventDefault();
      if (event.repeat) return;
      if (shortcut !== 'talk') return run(shortcut, latest.current, screen.current);
      if (!latest.current.session.media.isOn('audioinput')) talk.press(event.code);
    };
    // A hint that is open keeps Escape to itself; a person who presses it wants the panel closed as well.
    const closeByEscape = ({ key }: KeyboardEvent) => {
      if (key === 'Escape' && isOpen('tooltip') && !OVERLAYS.some(isOpen)) latest.current.closePanel();
    };
    window.addEventListener('keydown', closeByEscape, true);
    document.addEventListener('keydown', down);
    return () => {
      unwatch();
      document.removeEventListener('keydown', down);
      window.removeEventListener('keydown', closeByEscape, true);
      if (document.fullscreenElement) void document.exitFullscreen();
    };
  }, [screen]);
}

function run(shortcut: Exclude<Shortcut, 'talk'>, actions: CallActions, screen: HTMLElement | null): void {
  const { session } = actions;
  switch (shortcut) {
    case 'microphone':
      return session.media.toggleByKey('audioinput');
    case 'camera':
      return session.media.toggleByKey('videoinput');
    case 'captions':
      return session.captions.setOn(!session.captions.view().on);
    case 'share':
      return void session.share.switch(!session.share.view());
    case 'close':
      return actions.closePanel();
    case 'help':
      return actions.openHelp();
    case 'full-screen':
      // The whole page, for settings, lists and help are drawn beside the call and not in it.
      return void (document.fullscreenElement
        ? document.exitFullscreen()
        : document.documentElement.requestFullscreen?.());
    case 'next-region':
      return focusNextRegion(screen);
  }
}

/** Stage, bar, panel, and around again. */
function focusNextRegion(screen: HTMLElement | null): void {
  const regions = [...(screen?.querySelectorAll<HTMLElement>('[data-region]') ?? [])];
  const here = regions.findIndex((region) => region.contains(document.activeElement));
  const next = regions[(here + 1) % regions.length];
  const target = next?.dataset.region === 'bar' ? next.querySelector<HTMLElement>('button') : next;
  target?.focus();
}

/** What Escape closes before the panel. */
const OVERLAYS = ['dialog', 'alertdialog', 'listbox', 'menu'];

const isOpen = (role: string) => document.querySelector(`[role="${role}"]`) !== null;

const CONTROLS = 'button, a, input, select, textarea, [role="option"], [role="menuitem"], [role="switch"]';

export function pressOf(event: KeyboardEvent): KeyPress {
  const target = event.target instanceof Element ? event.target : null;
  const { key, code, ctrlKey, metaKey, altKey, shiftKey } = event;
  const typing = target?.closest('input:not([type="checkbox"]), textarea, [contenteditable]') != null;
  const onControl = target?.closest(CONTROLS) != null;
  return { key, code, ctrlKey, metaKey, altKey, shiftKey, typing, onControl };
}
