/** The rooms this browser was in lately; they never leave it. */
import { lastingStorage } from '../browser/storage';

export interface RecentRoom {
  code: string;
  name: string;
  at: number;
  /** The latest meeting's transcript, where one was kept. */
  transcript: string | null;
}

const KEY = 'visio.recent';
/** As many as fit on the home page without scrolling. */
const RECENT_MAX = 5;

export function recentRooms(): RecentRoom[] {
  try {
    const stored: unknown = JSON.parse(lastingStorage.get(KEY) ?? '[]');
    return Array.isArray(stored) ? stored.filter(isRecentRoom).slice(0, RECENT_MAX) : [];
  } catch {
    return [];
  }
}

export function rememberRoom(room: RecentRoom): void {
  const others = recentRooms().filter((known) => known.code !== room.code);
  lastingStorage.set(KEY, JSON.stringify([room, ...others].slice(0, RECENT_MAX)));
}

export function forgetRoom(code: string): void {
  lastingStorage.set(KEY, JSON.stringify(recentRooms().filter((room) => room.code !== code)));
}

function isRecentRoom(value: unknown): value is RecentRoom {
  const room = value as Partial<RecentRoom> | null;
  return typeof room?.code === 'string' && typeof room.name === 'string' && typeof room.at === 'number';
}
