/** The watch over a stand-in for LiveKit's Room: what it counts, asks and does, and what it tells of it. */
import { RoomEvent as Event, type Room } from 'livekit-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeLiveKitRoom } from './testing/fake-livekit';
import { watch } from './watch';

let room: FakeLiveKitRoom;
let told: boolean[];
let knocks: (() => void)[];

beforeEach(() => {
  vi.useFakeTimers();
  room = new FakeLiveKitRoom();
  told = [];
  knocks = [];
  vi.stubGlobal('fetch', () => new Promise<void>((answer) => knocks.push(answer)));
  watch(room as unknown as Room, (isCutOff) => told.push(isCutOff));
  room.emit(Event.Connected);
});
afterEach(() => {
  room.emit(Event.Disconnected);
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
/** Something comes in each count. */
async function flows(ms: number, field: 'bytesReceived' | 'responsesReceived') {
  for (let passed = 0; passed < ms; passed += 100) {
    room.pair[field] += 10;
    await pass(100);
  }
}

describe('while something comes', () => {
  it.each(['bytesReceived', 'responsesReceived'] as const)('as %s tell, nobody is asked', async (field) => {
    await flows(10_000, field);
    expect([room.localParticipant.publishData.mock.calls, knocks, told]).toEqual([[], [], []]);
  });
});

describe('when nothing comes', () => {
  beforeEach(() => flows(2_000, 'bytesReceived'));

  it('it asks with a message to nobody else, which costs nobody anything', async () => {
    await pass(2_000);
    expect(room.localParticipant.publishData.mock.calls[0]).toEqual([
      new Uint8Array(),
      { destinationIdentities: ['alice'] },
    ]);
  });

  it('and the server is there on a new connection, the library resumes, and the person is told', async () => {
    await pass(1_200);
    knocks[0]?.();
    await pass(1_000);
    expect(room.simulateScenario.mock.calls).toEqual([['signal-reconnect']]);
    expect(told).toEqual([true]);
    room.emit(Event.SignalReconnecting);
    room.emit(Event.Reconnected);
    expect(told).toEqual([true, false]);
  });

  it('and nobody answers, all is left as it is; when something comes again, the person is told', async () => {
    await pass(5_000);
    await flows(1_000, 'bytesReceived');
    expect([room.simulateScenario.mock.calls, told]).toEqual([[], [true, false]]);
  });

  it('after the call nothing is done any more', async () => {
    room.emit(Event.Disconnected);
    await pass(5_000);
    expect([room.localParticipant.publishData.mock.calls, knocks]).toEqual([[], []]);
  });
});

it('hears of a new network from the system', async () => {
  await flows(2_000, 'bytesReceived');
  window.dispatchEvent(new window.Event('online'));
  await pass(800);
  expect(room.localParticipant.publishData).toHaveBeenCalled();
});
