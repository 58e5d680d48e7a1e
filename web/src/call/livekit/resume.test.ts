/** What LiveKit's own client does where our watch makes it resume: fails when a new version of the library does not. */
import { EngineEvent, Room } from 'livekit-client';
import { afterEach, expect, it, vi } from 'vitest';
import { roomOptions } from './room';
import { resume } from './watch';

/** A server that lets everybody in and then is silent, as at a connection that is dead. */
class SilentSocket extends EventTarget {
  static readonly opened: SilentSocket[] = [];
  readyState = 1;
  onopen: () => void = () => {};
  onmessage: (message: { data: string }) => void = () => {};

  constructor(readonly url: string) {
    super();
    SilentSocket.opened.push(this);
    queueMicrotask(() => {
      this.onopen();
      this.onmessage({ data: JSON.stringify({ join: { pingTimeout: 15, pingInterval: 5 } }) });
    });
  }

  send(): void {}

  close(): void {
    this.readyState = 3;
  }
}

afterEach(() => {
  SilentSocket.opened.length = 0;
});

/** When the engine tries again; `Math.random` spreads that. */
function firstDelay(room: Room): number | null | undefined {
  vi.spyOn(Math, 'random').mockReturnValue(1);
  return room.options.reconnectPolicy.nextRetryDelayInMs({ retryCount: 0, elapsedMs: 0 });
}

it('does not wait for others to come back, as where a server restarts', async () => {
  const room = new Room(roomOptions());
  expect(firstDelay(room)).toBe(500);
  await resume(room);
  expect([firstDelay(room), firstDelay(room)]).toEqual([0, 500]);
});

it('leaves a dead WebSocket at once, without an answer from the other end, and asks for a resume', async () => {
  vi.stubGlobal('WebSocket', SilentSocket);
  const room = new Room(roomOptions());
  const { client } = room.engine;
  const lost = vi.fn();
  client.onClose = lost;
  await client.join('ws://server', 'token', {
    autoSubscribe: true,
    maxRetries: 0,
    e2eeEnabled: false,
    websocketTimeout: 1_000,
  });
  expect([SilentSocket.opened[0]?.readyState, lost.mock.calls.length]).toEqual([1, 0]);
  const left = vi.fn();
  room.engine.on(EngineEvent.Disconnected, left);
  await resume(room);
  // The engine, which sets this callback, resumes: `e2e/conformance/rows/reconnect.ts` plays that with a server.
  expect([SilentSocket.opened[0]?.readyState, lost.mock.calls.length, left.mock.calls.length]).toEqual([
    3, 1, 0,
  ]);
});
