/** Alice's call through tunnels and a server that dies: it comes back by itself, or ends for a reason. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sessionAfterReload } from './saved-session';
import { alice, bob, carol, picture } from './testing/people';
import { tokenUntil } from './testing/token';
import { transcriptRequests } from './testing/transcript';
import { settle, world } from './testing/world';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a server that is killed and started again', () => {
  async function killed() {
    const w = world();
    await settle();
    w.room().people = [alice, bob, carol];
    w.room().tell({ kind: 'changed' });
    w.serverDies();
    w.room().tell({ kind: 'reconnecting' });
    await vi.advanceTimersByTimeAsync(2_000);
    w.room().tell({ kind: 'disconnected', reason: undefined });
    await settle();
    return w;
  }

  it('comes back by itself, with the same identity, microphone and camera', async () => {
    const w = await killed();
    expect(w.phase()).toBe('rejoining');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(w.phase()).toBe('rejoining');
    w.serverReturns();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(w.phase()).toBe('live');
    expect(w.requests.at(-1)?.former).toEqual({ identity: 'alice', token: 'token-1' });
    expect(w.room().calls.slice(1)).toEqual(['microphone true headset', 'camera true null']);
    expect(w.view().notices).toMatchObject([{ kind: 'back' }]);
  });

  it('counts the break from the first silence, so that the explanation does not start over', async () => {
    const w = await killed();
    const { phase } = w.view();
    expect(phase).toMatchObject({ kind: 'rejoining', since: Date.now() - 2_000 });
  });

  it('does not say that Bob left when it is the connection that broke', async () => {
    const w = world();
    await settle();
    w.serverDies();
    w.room().tell({ kind: 'left', identity: 'bob', name: 'Bob' });
    w.room().tell({ kind: 'reconnecting' });
    w.room().tell({ kind: 'left', identity: 'carol', name: 'Carol' });
    w.room().tell({ kind: 'disconnected', reason: undefined });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(w.view().notices).toEqual([]);
  });

  it('never shows a frozen face: everyone stays, without picture or voice', async () => {
    const w = await killed();
    expect(w.view().people.map((person) => [person.name, person.camera])).toEqual([
      ['Alice', null],
      ['Bob', null],
      ['Carol', null],
    ]);
  });

  it('knocks at once when the network is back', async () => {
    const w = await killed();
    await vi.advanceTimersByTimeAsync(30_000);
    w.serverReturns();
    w.session.connection.send({ kind: 'retry' });
    await settle();
    expect(w.phase()).toBe('live');
  });

  it('does not wait for an answer that never comes', async () => {
    const w = await killed();
    w.serverHangs();
    await vi.advanceTimersByTimeAsync(10_000);
    w.serverReturns();
    w.session.connection.send({ kind: 'retry' });
    await settle();
    expect(w.phase()).toBe('live');
  });

  it('stops knocking when Alice leaves', async () => {
    const w = await killed();
    w.session.leave();
    const knocks = w.requests.length;
    await vi.advanceTimersByTimeAsync(60_000);
    expect([w.requests.length, w.phase()]).toEqual([knocks, 'left']);
  });

  it('returns as a new person when the old token is not believed', async () => {
    const w = await killed();
    w.serverRefuses('token_invalid', 401);
    await vi.advanceTimersByTimeAsync(12_000);
    expect([w.phase(), w.requests.at(-1)?.former]).toEqual(['live', null]);
  });
});

describe('a call longer than its token', () => {
  const [short, renewed] = [tokenUntil(600), tokenUntil(22_000)];

  async function hears(token: string) {
    const requests = transcriptRequests();
    const start = vi.spyOn(requests, 'start');
    const w = world({}, requests, tokenUntil(21_600));
    await settle();
    w.room().tell({ kind: 'token', token });
    return { w, start };
  }

  it('asks for its transcript with the token that lives longest', async () => {
    const { w, start } = await hears(renewed);
    await w.session.transcript.start();
    expect(start).toHaveBeenCalledWith(renewed);
  });

  it('comes back with it, also after a reload', async () => {
    const { w } = await hears(renewed);
    expect(sessionAfterReload('room', 'reload')).toMatchObject({ identity: 'alice', token: renewed });
    w.room().tell({ kind: 'disconnected', reason: undefined });
    await settle();
    expect(w.requests.at(-1)?.former).toEqual({ identity: 'alice', token: renewed });
  });

  it('prefers that of the join, which survives the sleep of a computer, to one of ten minutes', async () => {
    const { w } = await hears(short);
    expect(sessionAfterReload('room', 'reload')?.token).toBe(tokenUntil(21_600));
    w.room().tell({ kind: 'disconnected', reason: undefined });
    await settle();
    expect(w.requests.at(-1)?.former?.token).toBe(tokenUntil(21_600));
  });
});

describe('a shared screen', () => {
  const notices = (w: ReturnType<typeof world>) => w.view().notices.map((notice) => notice.kind);

  it('has ended when Alice is back, and she is told', async () => {
    const w = world();
    await settle();
    w.room().seeSelf({ screen: picture('slides') });
    w.room().seeSelf({ screen: null });
    w.room().tell({ kind: 'disconnected', reason: undefined });
    await settle();
    expect(notices(w)).toEqual(['back', 'share-ended']);
  });

  it('is not mentioned when she had ended it herself before', async () => {
    const w = world();
    await settle();
    w.room().seeSelf({ screen: picture('slides') });
    w.room().seeSelf({ screen: null });
    await settle();
    w.room().tell({ kind: 'disconnected', reason: undefined });
    await settle();
    expect(notices(w)).toEqual(['back']);
  });
});

describe('a connection that breaks and is repaired', () => {
  it('is mended by the library without a new join', async () => {
    const w = world();
    await settle();
    w.room().tell({ kind: 'reconnecting' });
    expect(w.phase()).toBe('reconnecting');
    w.room().tell({ kind: 'reconnected' });
    expect([w.phase(), w.requests.length]).toEqual(['live', 1]);
  });

  it('is given up for a new join when Alice presses "try now"', async () => {
    const w = world();
    await settle();
    w.room().tell({ kind: 'reconnecting' });
    w.session.connection.send({ kind: 'retry' });
    expect([w.phase(), w.rooms[0]?.calls.at(-1)]).toEqual(['rejoining', 'leave']);
    await settle();
    expect([w.phase(), w.requests.length]).toEqual(['live', 2]);
  });

  it('gets a moment when the network is back, and then a new join', async () => {
    const w = world();
    await settle();
    w.room().tell({ kind: 'reconnecting' });
    w.session.connection.send({ kind: 'network-returned' });
    await vi.advanceTimersByTimeAsync(1_000);
    w.room().tell({ kind: 'reconnected' });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(w.requests.length).toBe(1);
    w.room().tell({ kind: 'reconnecting' });
    w.session.connection.send({ kind: 'network-returned' });
    await vi.advanceTimersByTimeAsync(6_000);
    expect([w.phase(), w.requests.length]).toEqual(['live', 2]);
  });

  it('ignores the last words of a room it has left', async () => {
    const w = world();
    await settle();
    const old = w.room();
    old.tell({ kind: 'disconnected', reason: 'SERVER_SHUTDOWN' });
    await settle();
    old.tell({ kind: 'disconnected', reason: 'PARTICIPANT_REMOVED' });
    expect([w.phase(), w.rooms.length]).toEqual(['live', 2]);
  });
});

describe('endings', () => {
  it('does not fight for the call when Alice opens the call elsewhere', async () => {
    const w = world();
    await settle();
    w.room().tell({ kind: 'disconnected', reason: 'DUPLICATE_IDENTITY' });
    await vi.advanceTimersByTimeAsync(60_000);
    expect([w.view().phase, w.requests.length]).toEqual([{ kind: 'over', ending: 'elsewhere' }, 1]);
  });

  it('does not return after being removed, nor after a reload', async () => {
    const w = world();
    await settle();
    w.room().tell({ kind: 'disconnected', reason: 'PARTICIPANT_REMOVED' });
    expect(w.view().phase).toEqual({ kind: 'over', ending: 'removed' });
    expect(sessionAfterReload('room', 'reload')).toBeNull();
  });
});
