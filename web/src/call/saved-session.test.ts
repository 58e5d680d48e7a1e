/** Carol reloads her page and keeps her seat; a copied tab does not get it. */
import { describe, expect, it } from 'vitest';
import { forgetSeat, type Seat, saveSeat, seatAfterReload } from './saved-session';

const carol: Seat = {
  identity: 'carol',
  token: 't',
  name: 'Carol',
  language: 'fr',
  microphone: false,
  camera: true,
  captions: true,
};

describe('seat', () => {
  it('survives a reload with all it held', () => {
    saveSeat('room', carol);
    expect(seatAfterReload('room', 'reload')).toEqual(carol);
  });

  it('belongs to its room alone', () => {
    saveSeat('room', carol);
    expect(seatAfterReload('other', 'reload')).toBeNull();
  });

  it('is not taken over by a duplicated tab, nor by a later reload of that tab', () => {
    saveSeat('room', carol);
    expect(seatAfterReload('room', 'navigate')).toBeNull();
    expect(seatAfterReload('room', 'reload')).toBeNull();
  });

  it('is gone after leaving', () => {
    saveSeat('room', carol);
    forgetSeat('room');
    expect(seatAfterReload('room', 'reload')).toBeNull();
  });

  it.each(['{', 'null', '{"identity":"x"}'])('ignores damaged storage: %s', (stored) => {
    sessionStorage.setItem('visio.seat.room', stored);
    expect(seatAfterReload('room', 'reload')).toBeNull();
  });
});
