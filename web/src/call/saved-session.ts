/** Remembers the seat in a room for the life of a browser tab, so that a reload returns to it. */
import { tabStorage } from '../browser/storage';

export interface Seat {
  identity: string;
  token: string;
  name: string;
  language: string | null;
  microphone: boolean;
  camera: boolean;
  captions: boolean;
}

const key = (code: string) => `visio.seat.${code}`;

export function saveSeat(code: string, seat: Seat): void {
  tabStorage.set(key(code), JSON.stringify(seat));
}

export function forgetSeat(code: string): void {
  tabStorage.remove(key(code));
}

/**
 * The seat to return to. Only a reload qualifies: a duplicated tab copies the storage too, and two tabs on
 * one identity would throw each other out.
 */
export function seatAfterReload(code: string, navigation: string | undefined): Seat | null {
  const stored = tabStorage.get(key(code));
  if (stored === null) return null;
  if (navigation !== 'reload') {
    forgetSeat(code);
    return null;
  }
  return parseSeat(stored);
}

function parseSeat(stored: string): Seat | null {
  try {
    const seat: unknown = JSON.parse(stored);
    const whole =
      typeof seat === 'object' && seat !== null && 'identity' in seat && 'token' in seat && 'name' in seat;
    return whole ? (seat as Seat) : null;
  } catch {
    return null;
  }
}
