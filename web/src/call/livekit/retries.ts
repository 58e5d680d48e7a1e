/** When LiveKit's client tries again: spread over half a second, as others may have lost the same server, or at once. */
import { DefaultReconnectPolicy, type ReconnectContext, type ReconnectPolicy } from 'livekit-client';
import { LIBRARY_RETRIES_MS } from '../reconnect';

export class Retries implements ReconnectPolicy {
  readonly #spread = new DefaultReconnectPolicy(LIBRARY_RETRIES_MS);
  #isAlone = false;

  /** It is this client alone whose connection broke: the next attempt need not wait for others. */
  nextIsAlone(): void {
    this.#isAlone = true;
  }

  nextRetryDelayInMs(context: ReconnectContext): number | null {
    const delay = this.#isAlone && context.retryCount === 0 ? 0 : this.#spread.nextRetryDelayInMs(context);
    this.#isAlone = false;
    return delay;
  }
}
