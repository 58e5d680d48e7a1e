/**
 * One person in two tabs of a browser would hear themselves and stand on the stage twice: the tabs of a browser tell
 * each other who is in which call. Where the browser has no means for it, each tab is on its own.
 */
import { isOn } from './connection';
import type { CallSession } from './session';

/** What a browser offers, as far as it does; with site data blocked the look alone may throw. */
export interface TabMeans {
  locks(): Pick<LockManager, 'query' | 'request'> | undefined;
  channel(name: string): Pick<BroadcastChannel, 'postMessage' | 'addEventListener' | 'close'>;
}

const BROWSER: TabMeans = {
  locks: () => navigator.locks,
  channel: (name) => new BroadcastChannel(name),
};

type Word = 'who-is-here' | 'i-am' | 'leave' | 'left';

/** A tab in the background takes up to a second to answer. */
const ANSWER_MS = 1_200;
/** Without an answer the other tab is as good as gone. */
const LEAVE_MS = 3_000;

const nameOf = (code: string) => `visio.call.${code}`;

/** While the session lasts, other tabs learn that it is here; one of them may ask it to leave. */
export function holdTab(session: CallSession, means = BROWSER): () => void {
  const name = nameOf(session.code);
  const over = new AbortController();
  const channel = attempt(() => means.channel(name));
  channel?.addEventListener('message', ({ data }: MessageEvent<Word>) => {
    if (data === 'who-is-here') channel.postMessage('i-am' satisfies Word);
    // The same as if the server had found the same person in another place.
    if (data === 'leave') session.connection.send({ kind: 'disconnected', reason: 'DUPLICATE_IDENTITY' });
  });
  const held = new Promise<void>((release) => over.signal.addEventListener('abort', () => release()));
  const lock = attempt(() => means.locks()?.request(name, { signal: over.signal }, () => held));
  lock?.catch(() => undefined);
  const unsubscribe = session.connection.subscribe(() => isOn(session.connection.view()) || release());
  const release = () => {
    unsubscribe();
    over.abort();
    channel?.postMessage('left' satisfies Word);
    channel?.close();
  };
  return () => over.signal.aborted || release();
}

/** Whether another tab of this browser is in the call. */
export async function isInOtherTab(code: string, means = BROWSER): Promise<boolean> {
  const name = nameOf(code);
  try {
    const locks = means.locks();
    if (locks) return ((await locks.query()).held ?? []).some((lock) => lock.name === name);
  } catch {
    // A browser that refuses its locks may still pass messages.
  }
  return answered(name, 'who-is-here', 'i-am', ANSWER_MS, means);
}

/** Asks the other tab to leave, and waits until it has. */
export async function takeOver(code: string, means = BROWSER): Promise<void> {
  await answered(nameOf(code), 'leave', 'left', LEAVE_MS, means);
}

/** Says a word to the other tabs; answers whether the expected one came back in time. */
async function answered(
  name: string,
  say: Word,
  expected: Word,
  ms: number,
  means: TabMeans,
): Promise<boolean> {
  const channel = attempt(() => means.channel(name));
  if (!channel) return false;
  const answer = await new Promise<boolean>((resolve) => {
    channel.addEventListener('message', ({ data }: MessageEvent<Word>) => data === expected && resolve(true));
    setTimeout(() => resolve(false), ms);
    channel.postMessage(say);
  });
  channel.close();
  return answer;
}

function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}
