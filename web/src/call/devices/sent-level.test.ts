/** Alice speaks, mutes, unmutes and takes another microphone: the ring shows what the others hear. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { watchSentLevel } from './sent-level';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('follows the track that is sent, and is silent without one', () => {
  const [desk, headset] = [{ id: 'desk' }, { id: 'headset' }] as unknown as MediaStreamTrack[];
  const levels: number[] = [];
  const watching = new Map<unknown, (level: number) => void>();
  const watch = (track: MediaStreamTrack, onLevel: (level: number) => void) => {
    watching.set(track, onLevel);
    return () => void watching.delete(track);
  };
  let sent: MediaStreamTrack | null = desk ?? null;
  const stop = watchSentLevel(
    () => sent,
    (level) => levels.push(level),
    watch,
  );
  watching.get(desk)?.(0.7);
  sent = headset ?? null;
  vi.advanceTimersByTime(500);
  expect([...watching.keys()]).toEqual([headset]);
  watching.get(headset)?.(0.4);
  sent = null;
  vi.advanceTimersByTime(500);
  expect(watching.size).toBe(0);
  sent = headset ?? null;
  vi.advanceTimersByTime(5_000);
  watching.get(headset)?.(0.2);
  stop();
  expect(levels).toEqual([0.7, 0.4, 0, 0.2, 0]);
  expect(watching.size).toBe(0);
});
