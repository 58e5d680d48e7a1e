/** Does what `connection.ts` decides: joins, connects, waits, hangs up. Its view is the phase of the call. */
import { asProblem } from '../api/problem';
import type { Joined, JoinRequest } from '../api/requests';
import {
  type ConnectionAction,
  type ConnectionEvent,
  type ConnectionState,
  type Former,
  type Phase,
  step,
} from './connection';
import type { Link, LinkEvent, RoomNews } from './link';
import { Part } from './part';
import type { TranscriptRequests } from './transcript/transcript';

export interface SessionDeps {
  transcript: TranscriptRequests;
  join(request: JoinRequest): Promise<Joined>;
  openLink(): Promise<Link>;
}

interface ConnectorHooks {
  /** What to ask for on the way in. */
  request(): Omit<JoinRequest, 'former'>;
  /** The server let one in, or renewed the token. */
  admitted(): void;
  /** A new link, before it connects. */
  opened(link: Link): void;
  /** What happens on the link, but for the connection itself. */
  happened(event: RoomNews): void;
  forget(): void;
}

export class Connector extends Part<Phase> {
  #state: ConnectionState;
  #link: Link | null = null;
  /** Rises with each way in and out; what an older one still brings back is ignored. */
  #epoch = 0;
  #joinedAt: number | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    former: Former | null,
    readonly deps: SessionDeps,
    readonly hooks: ConnectorHooks,
  ) {
    const phase: Phase = { kind: 'joining', since: Date.now(), problem: null };
    super(phase);
    this.#state = { phase, former, failures: 0 };
  }

  get link(): Link | null {
    return this.#link;
  }

  /** When the call began for this person; interruptions count as part of it. */
  get joinedAt(): number | null {
    return this.#joinedAt;
  }

  get former(): Former | null {
    return this.#state.former;
  }

  start(): void {
    void this.#join();
  }

  send(event: ConnectionEvent): void {
    const { state, actions } = step(this.#state, event, Date.now(), Math.random());
    this.#state = state;
    // Before anybody hears of the new phase: who asks for the link must not get that of the last.
    for (const action of actions) this.#carryOut(action);
    this.set(state.phase);
  }

  #carryOut(action: ConnectionAction): void {
    switch (action.kind) {
      case 'join':
        if (action.delayMs === 0) return void this.#join();
        return this.#after(action.delayMs, () => void this.#join());
      case 'wait':
        return this.#after(action.ms, () => this.send({ kind: 'grace-over', since: action.since }));
      case 'close':
        return void this.#newEpoch();
      case 'forget':
        return this.hooks.forget();
    }
  }

  async #join(): Promise<void> {
    const epoch = this.#newEpoch();
    try {
      const request = { ...this.hooks.request(), former: this.#state.former };
      const [joined, link] = await Promise.all([this.deps.join(request), this.deps.openLink()]);
      if (epoch !== this.#epoch) return;
      this.send({ kind: 'admitted', former: { identity: joined.identity, token: joined.token } });
      this.hooks.admitted();
      await this.#connect(link, joined, epoch);
    } catch (cause) {
      if (epoch === this.#epoch) this.send({ kind: 'join-failed', problem: asProblem(cause) });
    }
  }

  async #connect(link: Link, joined: Joined, epoch: number): Promise<void> {
    let connected = false;
    link.listen((event) => {
      // A disconnect on the way in is also thrown by `connect`, with more to say.
      if (epoch === this.#epoch && (connected || event.kind !== 'disconnected')) this.#onEvent(event);
    });
    this.#link = link;
    this.hooks.opened(link);
    // Not `signal_url`: where TLS ends at a proxy that the server does not know of, only the page knows its origin.
    await link.connect(location.origin, joined.token);
    if (epoch !== this.#epoch) {
      await link.leave();
      return;
    }
    connected = true;
    this.#joinedAt ??= Date.now();
    this.send({ kind: 'connected' });
  }

  #onEvent(event: LinkEvent): void {
    switch (event.kind) {
      case 'token':
        this.send(event);
        return this.hooks.admitted();
      case 'reconnecting':
      case 'reconnected':
      case 'disconnected':
        return this.send(event);
      default:
        return this.hooks.happened(event);
    }
  }

  #newEpoch(): number {
    clearTimeout(this.#timer);
    const former = this.#link;
    this.#link = null;
    void former?.leave().catch(() => undefined);
    this.#epoch += 1;
    return this.#epoch;
  }

  #after(ms: number, run: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(run, ms);
  }
}
