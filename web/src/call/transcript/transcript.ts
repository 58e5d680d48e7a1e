/** The transcript of the meeting: whether it is kept, the code that reads it, and starting and stopping it. */
import { asProblem, type Problem } from '../../api/problem';
import type { CurrentTranscript, StartedTranscript } from '../../api/requests';
import type { Notices } from '../notices/notices';
import { Part } from '../part';

export interface TranscriptView {
  /** What everybody in the meeting sees: what is said is being kept. */
  kept: boolean;
  /** Opens the transcript, for this participant; null where none was started in this meeting. */
  code: string | null;
  /** A start or a stop is on its way. */
  isChanging: boolean;
  /** Why the last start or stop failed. */
  problem: Problem | null;
}

/** Each with the token of the call, which proves who asks. */
export interface TranscriptRequests {
  current(token: string): Promise<CurrentTranscript>;
  start(token: string): Promise<StartedTranscript>;
  stop(token: string): Promise<void>;
  /** Who starts a transcript can delete it later, from this browser. */
  rememberDeletion(code: string, deletionCode: string): void;
}

/**
 * The code may be asked for while the server still lets one in, or before it has one: everybody is told of a
 * transcript before it begins. It is asked for again after this.
 */
const ASK_AGAIN_MS = 2_000;

export class Transcript extends Part<TranscriptView> {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isConnected = false;

  constructor(
    readonly requests: TranscriptRequests,
    readonly token: () => string | null,
    readonly notices: Notices,
  ) {
    super({ kept: false, code: null, isChanging: false, problem: null });
  }

  /** On the way in and back: what was said of it meanwhile is not news. */
  connected(kept: boolean): void {
    this.#isConnected = true;
    this.set({ ...this.view(), kept });
    this.#askForCode();
  }

  /** What the room says whenever something changes in it. */
  seen(kept: boolean): void {
    if (!this.#isConnected || kept === this.view().kept) return;
    this.set({ ...this.view(), kept });
    this.notices.post({ kind: kept ? 'transcript-started' : 'transcript-stopped' });
    if (kept) this.#askForCode();
  }

  close(): void {
    this.#isConnected = false;
    clearTimeout(this.#timer);
  }

  start(): Promise<void> {
    return this.#change(async (token) => {
      const started = await this.requests.start(token);
      if (started.deletion_code != null)
        this.requests.rememberDeletion(started.transcript, started.deletion_code);
      this.set({ ...this.view(), code: started.transcript });
    });
  }

  stop(): Promise<void> {
    return this.#change((token) => this.requests.stop(token));
  }

  async #change(change: (token: string) => Promise<void>): Promise<void> {
    const token = this.token();
    if (token === null || this.view().isChanging) return;
    this.set({ ...this.view(), isChanging: true, problem: null });
    let problem: Problem | null = null;
    try {
      await change(token);
    } catch (cause) {
      problem = asProblem(cause);
    }
    this.set({ ...this.view(), isChanging: false, problem });
  }

  #askForCode(): void {
    clearTimeout(this.#timer);
    const token = this.token();
    if (token === null) return;
    this.requests.current(token).then(
      ({ kept, transcript }) => {
        if (!this.#isConnected) return;
        if (transcript !== null) this.set({ ...this.view(), code: transcript });
        else if (kept) this.#askAgain();
      },
      () => {
        if (this.#isConnected) this.#askAgain();
      },
    );
  }

  #askAgain(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#askForCode(), ASK_AGAIN_MS);
  }
}
