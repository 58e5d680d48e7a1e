/** Alice's call lives as long as its screen: neither longer nor twice. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { attend } from './attendance';
import type { Phase } from './connection';
import type { CallSession } from './session';

const aliceCall = (kind: Phase['kind'] = 'live') => ({
  start: vi.fn(),
  leave: vi.fn(),
  connection: { view: () => ({ kind }) },
});
const screenOf = (call: ReturnType<typeof aliceCall>) => attend(call as unknown as CallSession);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('leaves when the screen goes', () => {
  const call = aliceCall();
  const goes = screenOf(call);
  expect([call.start.mock.calls.length, call.leave.mock.calls.length]).toEqual([1, 0]);
  goes();
  vi.runAllTimers();
  expect(call.leave).toHaveBeenCalledOnce();
});

it('stays, and starts once, when the screen is taken away and put back at once', () => {
  const call = aliceCall();
  screenOf(call)();
  const goes = screenOf(call);
  vi.runAllTimers();
  expect([call.start.mock.calls.length, call.leave.mock.calls.length]).toEqual([1, 0]);
  goes();
  vi.runAllTimers();
  expect(call.leave).toHaveBeenCalledOnce();
});

it('leaves the call before when Alice starts another on the same screen', () => {
  const [first, second] = [aliceCall(), aliceCall()];
  screenOf(first)();
  screenOf(second);
  vi.runAllTimers();
  expect([first.leave.mock.calls.length, second.leave.mock.calls.length]).toEqual([1, 0]);
});

it('keeps the ending of a call from which Alice was removed', () => {
  const call = aliceCall('over');
  screenOf(call)();
  vi.runAllTimers();
  expect(call.leave).not.toHaveBeenCalled();
});
