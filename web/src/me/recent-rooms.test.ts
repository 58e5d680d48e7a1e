/** Carol finds her last rooms again, whatever happened to what the browser kept. */
import { describe, expect, it } from 'vitest';
import { recentRooms, rememberRoom } from './recent-rooms';

describe('recent rooms', () => {
  it('keeps five, the latest first, each once', () => {
    for (const [at, code] of ['a', 'b', 'c', 'd', 'e', 'f', 'b'].entries()) {
      rememberRoom({ code, name: '', at, transcript: null });
    }
    expect(recentRooms().map((room) => room.code)).toEqual(['b', 'f', 'e', 'd', 'c']);
  });

  it.each(['{', '"x"', '[1, null, {"code": 2}]'])('survives damaged storage: %s', (stored) => {
    localStorage.setItem('visio.recent', stored);
    expect(recentRooms()).toEqual([]);
  });
});
