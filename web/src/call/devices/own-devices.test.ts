/** Alice presses faster than her browser opens devices, and ends up as the button says. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Link } from '../link';
import { OwnDevices } from './own-devices';

/** The library forgets a muting that waits longer than this for the device. */
const FORGOTTEN_AFTER_MS = 10_000;

/** A room as the library is: while a device opens, a muting waits for it, and in the end does nothing. */
function slowDesk() {
  const wish = { audioinput: false, videoinput: false };
  const live = { audioinput: false, videoinput: false };
  let allow = (): void => {};
  const prompt = new Promise<void>((resolve) => {
    allow = resolve;
  });
  let opening = false;
  const setMicrophone = async (on: boolean) => {
    if (!on && opening) return void (await new Promise((done) => setTimeout(done, FORGOTTEN_AFTER_MS)));
    if (on) {
      opening = true;
      await prompt;
      opening = false;
    }
    live.audioinput = on;
  };
  const setCamera = async (on: boolean) => {
    live.videoinput = on;
  };
  const link = { setMicrophone, setCamera } as unknown as Link;
  let here: Link | null = link;
  const devices = new OwnDevices({
    link: () => here,
    wished: (device) => wish[device],
    chosen: () => null,
    works: () => {},
    gaveUp: () => {},
  });
  const sets = (device: 'audioinput' | 'videoinput', on: boolean) => {
    wish[device] = on;
    void devices.follow(device);
  };
  return { devices, live, sets, allow: () => allow(), loses: () => (here = null) };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('OwnDevices', () => {
  it('is mute when Alice muted herself long before she allowed the microphone', async () => {
    const { live, sets, allow } = slowDesk();
    sets('audioinput', true);
    sets('audioinput', false);
    await vi.advanceTimersByTimeAsync(15_000);
    allow();
    await vi.advanceTimersByTimeAsync(0);
    expect(live.audioinput).toBe(false);
  });

  it('is live when she changed her mind once more', async () => {
    const { live, sets, allow } = slowDesk();
    sets('audioinput', true);
    sets('audioinput', false);
    await vi.advanceTimersByTimeAsync(15_000);
    sets('audioinput', true);
    allow();
    await vi.advanceTimersByTimeAsync(0);
    expect(live.audioinput).toBe(true);
  });

  it('leaves a room alone that is gone meanwhile', async () => {
    const { live, sets, allow, loses } = slowDesk();
    sets('audioinput', true);
    sets('audioinput', false);
    loses();
    allow();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(live.audioinput).toBe(true);
  });

  it('knows which of the two devices is being switched', async () => {
    const { devices, sets, allow } = slowDesk();
    sets('audioinput', true);
    expect([devices.isSwitching('audioinput'), devices.isSwitching('videoinput')]).toEqual([true, false]);
    allow();
    await vi.advanceTimersByTimeAsync(0);
    expect(devices.isSwitching('audioinput')).toBe(false);
  });
});
