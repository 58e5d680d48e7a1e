/** Carol reloads her page and returns as herself; a copied tab does not. */
import { describe, expect, it } from 'vitest';
import { forgetSession, type SavedSession, saveSession, sessionAfterReload } from './saved-session';

const carol: SavedSession = {
  identity: 'carol',
  token: 't',
  name: 'Carol',
  language: 'fr',
  microphone: false,
  camera: true,
  captions: true,
};

describe('saved session', () => {
  it('survives a reload with all it held', () => {
    saveSession('room', carol);
    expect(sessionAfterReload('room', 'reload')).toEqual(carol);
  });

  it('belongs to its room alone', () => {
    saveSession('room', carol);
    expect(sessionAfterReload('other', 'reload')).toBeNull();
  });

  it('is not taken over by a duplicated tab, nor by a later reload of that tab', () => {
    saveSession('room', carol);
    expect(sessionAfterReload('room', 'navigate')).toBeNull();
    expect(sessionAfterReload('room', 'reload')).toBeNull();
  });

  it('is gone after leaving', () => {
    saveSession('room', carol);
    forgetSession('room');
    expect(sessionAfterReload('room', 'reload')).toBeNull();
  });

  it.each(['{', 'null', '{"identity":"x"}'])('ignores damaged storage: %s', (stored) => {
    sessionStorage.setItem('visio.session.room', stored);
    expect(sessionAfterReload('room', 'reload')).toBeNull();
  });
});
