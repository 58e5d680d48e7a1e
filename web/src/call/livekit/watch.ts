/** Watches whether anything comes from the server, and makes LiveKit's client resume where only a new connection helps. */
import { RoomEvent as Event, type Room } from 'livekit-client';
import { countAfterMs, isCutOff, listening, type SilenceAction, type SilenceEvent, step } from '../silence';
import { Retries } from './retries';

/** What the server answers to anybody, whatever it is. */
const DOOR = '/livez';
const KNOCK_TIMEOUT_MS = 4_000;

/** As long as the room is connected; `tell` hears when nothing comes any more, and when it does again. */
export function watch(room: Room, tell: (isCutOff: boolean) => void): void {
  const watcher = new Watcher(room, tell);
  room
    .on(Event.Connected, () => watcher.start())
    .on(Event.SignalReconnecting, () => watcher.send({ kind: 'repairing' }))
    .on(Event.Reconnecting, () => watcher.send({ kind: 'repairing' }))
    .on(Event.Reconnected, () => watcher.send({ kind: 'repaired' }))
    .on(Event.Disconnected, () => watcher.stop());
}

class Watcher {
  #state = listening(Date.now());
  #wasCutOff = false;
  readonly #running = new AbortController();
  #knocks = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly room: Room,
    readonly tell: (isCutOff: boolean) => void,
  ) {}

  start(): void {
    this.#state = listening(Date.now());
    listenToNetwork(this.#running.signal, () => this.send({ kind: 'network-changed' }));
    this.#later();
  }

  stop(): void {
    this.#running.abort();
    this.#knocks.abort();
    clearTimeout(this.#timer);
  }

  send(event: SilenceEvent): void {
    if (this.#running.signal.aborted) return;
    const { state, actions } = step(this.#state, event, Date.now());
    this.#state = state;
    for (const action of actions) this.#carryOut(action);
    const now = isCutOff(state, Date.now());
    if (now !== this.#wasCutOff) this.tell(now);
    this.#wasCutOff = now;
  }

  #later(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#count(), countAfterMs(this.#state));
  }

  async #count(): Promise<void> {
    const { signal } = this.#running;
    const total = await totalOf(this.room).catch(() => null);
    if (signal.aborted) return;
    if (total !== null) this.send({ kind: 'counted', total });
    this.#later();
  }

  #carryOut(action: SilenceAction): void {
    switch (action) {
      case 'ask':
        return void this.#ask();
      case 'knock':
        return void this.#knock();
      case 'stop-knocking':
        this.#knocks.abort();
        this.#knocks = new AbortController();
        return;
      case 'resume':
        return void resume(this.room).catch(() => undefined);
    }
  }

  /** A message to nobody: that it has come is acknowledged all the same, by the transport below (SCTP). */
  async #ask(): Promise<void> {
    const { localParticipant: self } = this.room;
    await self.publishData(new Uint8Array(), { destinationIdentities: [self.identity] }).then(
      () => this.send({ kind: 'asked' }),
      () => undefined,
    );
  }

  async #knock(): Promise<void> {
    const knockedAt = Date.now();
    const signal = AbortSignal.any([this.#knocks.signal, AbortSignal.timeout(KNOCK_TIMEOUT_MS)]);
    await fetch(DOOR, { method: 'HEAD', cache: 'no-store', signal }).then(
      () => this.send({ kind: 'knock-answered', knockedAt }),
      () => undefined,
    );
  }
}

/** What the system says of its networks: that there is one again, and, on telephones, that it is of another kind. */
function listenToNetwork(signal: AbortSignal, changed: () => void): void {
  window.addEventListener('online', changed, { signal });
  const { connection } = navigator as { connection?: EventTarget & { type?: string } };
  let last = connection?.type;
  // Also told are new estimates of how fast it is.
  const lookAtKind = () => {
    if (connection?.type !== last) changed();
    last = connection?.type;
  };
  connection?.addEventListener('change', lookAtKind, { signal });
}

/**
 * Leaves the WebSocket for a new one, over which ICE is restarted; what still comes on the old path is heard meanwhile.
 * Of the ways to that this is the only one that the library offers to those who use it, if as a test of theirs.
 */
export async function resume(room: Room): Promise<void> {
  const { reconnectPolicy } = room.options;
  if (reconnectPolicy instanceof Retries) reconnectPolicy.nextIsAlone();
  await room.simulateScenario('signal-reconnect');
}

/** All that has come on the room's connections. Browsers count checks of the connection apart, or not at all. */
async function totalOf(room: Room): Promise<number> {
  const { publisher, subscriber } = room.engine.pcManager ?? {};
  const reports = await Promise.all([publisher?.getStats(), subscriber?.getStats()]);
  return reports
    .flatMap((report) => [...(report?.values() ?? [])])
    .filter((stat) => stat.type === 'candidate-pair')
    .reduce((sum, pair) => sum + (pair.bytesReceived ?? 0) + (pair.responsesReceived ?? 0), 0);
}
