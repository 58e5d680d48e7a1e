/** Alice opens the same meeting in a second tab; with all that browsers offer, with less, and with nothing. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { holdTab, isInOtherTab, type TabMeans, takeOver } from './tabs';
import { settle, world } from './testing/world';

type Listener = (event: MessageEvent) => void;

/** The channels of one browser: everybody hears what the others say. */
class FakeBrowser {
  #open = new Set<{ name: string; listeners: Listener[] }>();
  held = new Map<string, number>();

  channel(name: string) {
    const here = { name, listeners: [] as Listener[] };
    this.#open.add(here);
    const postMessage = (data: unknown) => {
      const others = [...this.#open].filter((other) => other !== here && other.name === name);
      for (const { listeners } of others)
        for (const listener of listeners) listener({ data } as MessageEvent);
    };
    const addEventListener = (_: string, listener: Listener) => void here.listeners.push(listener);
    return { postMessage, addEventListener, close: () => void this.#open.delete(here) };
  }

  locks() {
    const request = async (name: string, _options: object, run: () => Promise<void>) => {
      this.held.set(name, (this.held.get(name) ?? 0) + 1);
      await run();
      this.held.delete(name);
    };
    const query = async () => ({ held: [...this.held.keys()].map((name) => ({ name })) });
    return { request, query };
  }
}

const refuses = () => {
  throw new DOMException('', 'SecurityError');
};

const meansOf = (kind: string): TabMeans => {
  const browser = new FakeBrowser();
  const means = {
    'locks and channels': { locks: () => browser.locks(), channel: (name: string) => browser.channel(name) },
    'channels alone': { locks: () => undefined, channel: (name: string) => browser.channel(name) },
    'locks that refuse': { locks: refuses, channel: (name: string) => browser.channel(name) },
  }[kind];
  return means as unknown as TabMeans;
};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** What a question that waits for an answer comes to. */
async function patiently<T>(question: Promise<T>): Promise<T> {
  await vi.advanceTimersByTimeAsync(5_000);
  return question;
}

describe.each(['locks and channels', 'channels alone', 'locks that refuse'])('a browser with %s', (kind) => {
  async function alicesTab() {
    const means = meansOf(kind);
    const w = world();
    const letGo = holdTab(w.session, means);
    await settle();
    return { ...w, means, letGo };
  }

  it('knows of the call in the other tab, and of no other call', async () => {
    const { means } = await alicesTab();
    expect(await patiently(isInOtherTab('room', means))).toBe(true);
    expect(await patiently(isInOtherTab('other', means))).toBe(false);
  });

  it('ends the call in the first tab when the second takes over, and says why there', async () => {
    const { means, view } = await alicesTab();
    await patiently(takeOver('room', means));
    expect(view().phase).toEqual({ kind: 'over', ending: 'elsewhere' });
    expect(await patiently(isInOtherTab('room', means))).toBe(false);
  });

  it('does not wait for the time to run out when the other has left', async () => {
    const { means } = await alicesTab();
    const done = vi.fn();
    void takeOver('room', means).then(done);
    await settle();
    expect(done).toHaveBeenCalled();
  });

  it('forgets the tab that has left, or whose screen went away', async () => {
    const { means, session } = await alicesTab();
    session.leave();
    await settle();
    expect(await patiently(isInOtherTab('room', means))).toBe(false);
    const second = await alicesTab();
    second.letGo();
    await settle();
    expect(await patiently(isInOtherTab('room', second.means))).toBe(false);
  });
});

describe('a browser that refuses both', () => {
  const means: TabMeans = { locks: refuses, channel: refuses };

  it('lets each tab be on its own', async () => {
    const w = world();
    const letGo = holdTab(w.session, means);
    await settle();
    expect([w.phase(), await isInOtherTab('room', means)]).toEqual(['live', false]);
    await takeOver('room', means);
    letGo();
  });
});
