/** Alice's call from the door to the goodbye: devices, mutings, notices. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sessionAfterReload } from './saved-session';
import { alice, bob, carol } from './testing/people';
import { settle, world } from './testing/world';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('joining', () => {
  it('connects with the token and opens microphone and camera as wished', async () => {
    const { room, phase, view } = world({ camera: false });
    await settle();
    expect(phase()).toBe('live');
    expect(room().calls).toEqual([`connect ${location.origin} token-1`, 'microphone true headset']);
    expect(view()).toMatchObject({ cameraOn: false });
  });

  it('joins without the camera when it fails, and says why', async () => {
    const { room, view } = world();
    vi.stubGlobal('navigator', { mediaDevices: {} });
    await vi.waitFor(() => room());
    room().cameraFails = new DOMException('', 'NotAllowedError');
    await settle();
    expect(view()).toMatchObject({ phase: { kind: 'live' }, cameraOn: false, microphoneOn: true });
    expect(view().notices).toMatchObject([
      { kind: 'device-problem', device: 'videoinput', problem: 'blocked' },
    ]);
  });

  it('tries again when the server is too busy to take the camera', async () => {
    vi.stubGlobal('navigator', { mediaDevices: {} });
    const { room, view } = world();
    await vi.waitFor(() => room());
    room().cameraFails = new Error('publication timed out');
    await settle();
    room().cameraFails = null;
    await vi.advanceTimersByTimeAsync(2_000);
    expect(room().calls.filter((call) => call.startsWith('camera'))).toHaveLength(2);
    expect(view()).toMatchObject({ cameraOn: true, notices: [] });
  });

  it('gives up after three tries, and says so', async () => {
    vi.stubGlobal('navigator', { mediaDevices: {} });
    const { room, view } = world();
    await vi.waitFor(() => room());
    room().cameraFails = new Error('publication timed out');
    await vi.advanceTimersByTimeAsync(5_000);
    expect(view()).toMatchObject({ cameraOn: false, notices: [{ problem: 'failed' }] });
  });

  it('keeps the camera wished for when the connection dies while it opens', async () => {
    vi.stubGlobal('navigator', { mediaDevices: {} });
    const { room, rooms, view } = world();
    await vi.waitFor(() => room());
    room().cameraFails = new Error('closed');
    await settle();
    room().tell({ kind: 'disconnected', reason: 'SERVER_SHUTDOWN' });
    await vi.advanceTimersByTimeAsync(5_000);
    expect([rooms.length, view().cameraOn]).toEqual([2, true]);
    expect(room().calls).toContain('camera true null');
  });

  it('ends at once in a room that does not exist', async () => {
    const w = world();
    w.serverRefuses('room_not_found', 404);
    await settle();
    expect(w.view().phase).toEqual({ kind: 'over', ending: 'not-found' });
  });

  it('keeps knocking while the server is full', async () => {
    const w = world();
    w.serverRefuses('server_full', 503);
    await settle();
    expect(w.view().phase).toMatchObject({ kind: 'joining', problem: { code: 'server_full' } });
    w.serverReturns();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(w.phase()).toBe('live');
  });

  it('leaves nothing behind when Alice turns back at the door', async () => {
    const w = world();
    w.session.leave();
    await settle();
    expect([w.phase(), w.rooms.flatMap((room) => room.calls)]).toEqual(['left', []]);
  });
});

describe('in the call', () => {
  async function inCall() {
    const w = world();
    await settle();
    return w;
  }

  const muted = { kind: 'self-muted', device: 'audioinput' } as const;

  it('tells Alice when someone else mutes her, and stays muted over a return', async () => {
    const w = await inCall();
    w.room().tell(muted);
    expect(w.view()).toMatchObject({
      microphoneOn: false,
      notices: [{ kind: 'muted-by-other', device: 'audioinput' }],
    });
    w.room().tell({ kind: 'disconnected', reason: undefined });
    await settle();
    expect(w.room().calls.slice(1)).toEqual(['camera true null']);
  });

  it('says nothing when she mutes herself, however quickly she changes her mind', async () => {
    const w = await inCall();
    w.session.media.switch('audioinput', false);
    w.session.media.switch('audioinput', true);
    w.room().tell(muted);
    await settle();
    expect(w.view()).toMatchObject({ microphoneOn: true, notices: [] });
  });

  it('hears a moderator’s muting while her camera is slow to open', async () => {
    const w = await inCall();
    w.room().cameraOpens = new Promise(() => {});
    w.session.media.switch('videoinput', true);
    w.room().tell(muted);
    expect(w.view()).toMatchObject({
      microphoneOn: false,
      notices: [{ kind: 'muted-by-other', device: 'audioinput' }],
    });
  });

  it('comes back with the loudspeaker she chose', async () => {
    const w = await inCall();
    w.session.media.choose('audiooutput', 'kitchen');
    w.room().tell({ kind: 'disconnected', reason: undefined });
    await settle();
    expect(w.rooms.map((room) => room.calls.includes('use audiooutput kitchen'))).toEqual([true, true]);
  });

  it('says nothing of a loudspeaker left at home', async () => {
    const w = world({ devices: { microphone: null, camera: null, speaker: 'kitchen' } });
    await vi.waitFor(() => w.room());
    w.room().switchFails = new DOMException('', 'NotFoundError');
    await settle();
    expect([w.room().calls.includes('use audiooutput kitchen'), w.view().notices]).toEqual([true, []]);
  });

  it('tells a microphone that is gone from one that somebody muted', async () => {
    const w = await inCall();
    w.room().tell({ kind: 'device-gone', device: 'audioinput' });
    expect(w.view()).toMatchObject({
      microphoneOn: false,
      problems: { audioinput: 'gone' },
      notices: [{ kind: 'device-problem', device: 'audioinput', problem: 'gone' }],
    });
    w.session.media.switch('audioinput', true);
    await settle();
    expect(w.view().problems.audioinput).toBeNull();
  });

  it('shows the camera as off when the one she chose does not open', async () => {
    vi.stubGlobal('navigator', { mediaDevices: {} });
    const w = await inCall();
    w.room().switchFails = new DOMException('', 'NotReadableError');
    w.session.media.choose('videoinput', 'borrowed');
    await settle();
    expect(w.view()).toMatchObject({ cameraOn: false, problems: { videoinput: 'busy' } });
    expect(w.room().calls.at(-1)).toBe('camera false borrowed');
  });

  it('does not take the end of a connection for a muting: she comes back as she was', async () => {
    const w = await inCall();
    w.room().seeSelf({ microphoneOn: true });
    w.room().seeSelf({ microphoneOn: false });
    w.room().tell({ kind: 'disconnected', reason: undefined });
    await settle();
    expect(w.room().calls).toContain('microphone true headset');
  });

  it('remembers for a reload what she switched off', async () => {
    const w = await inCall();
    w.session.media.switch('audioinput', false);
    w.session.captions.setOn(false);
    expect(sessionAfterReload('room', 'reload')).toMatchObject({
      identity: 'alice',
      microphone: false,
      captions: false,
      camera: true,
    });
  });

  it('announces Bob once and takes the notice down after six seconds', async () => {
    const w = await inCall();
    w.room().tell({ kind: 'joined', identity: 'bob', name: 'Bob' });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(w.view().notices).toMatchObject([{ kind: 'joined', names: ['Bob'] }]);
    await vi.advanceTimersByTimeAsync(6_000);
    expect(w.view().notices).toEqual([]);
  });

  it('collects captions', async () => {
    const w = await inCall();
    w.room().people = [alice, bob];
    w.room().tell({ kind: 'changed' });
    w.room().say('bob', 'Hello', 's');
    w.room().say('bob', 'Hello all.', 's', { final: true });
    expect(w.view().captions.lines).toMatchObject([{ name: 'Bob', text: 'Hello all.', final: true }]);
  });

  it('lets a voice that goes on take the stage without further news from the room', async () => {
    const w = await inCall();
    w.room().people = [alice, bob, carol];
    w.room().speaking = ['bob'];
    w.room().tell({ kind: 'changed' });
    w.room().speaking = ['carol'];
    w.room().tell({ kind: 'changed' });
    expect(w.view().mainSpeaker).toBe('bob');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(w.view().mainSpeaker).toBe('carol');
  });

  it('says nothing when Alice closes the screen chooser, but does when the system refuses', async () => {
    const w = await inCall();
    w.room().shareFails = new DOMException('Permission denied', 'NotAllowedError');
    await w.session.share.switch(true);
    expect(w.view().notices).toEqual([]);
    w.room().shareFails = new DOMException('Permission denied by system', 'NotAllowedError');
    await w.session.share.switch(true);
    expect(w.view().notices).toMatchObject([{ kind: 'share-refused' }]);
    w.room().shareFails = new Error('publication timed out');
    await w.session.share.switch(true);
    expect(w.view().notices).toMatchObject([{ kind: 'share-refused' }, { kind: 'share-failed' }]);
  });

  it('switches the microphone she chose, and comes back with it', async () => {
    const w = await inCall();
    w.session.media.choose('audioinput', 'desk');
    w.room().tell({ kind: 'disconnected', reason: undefined });
    await settle();
    expect(w.room().calls).toContain('microphone true desk');
  });
});
