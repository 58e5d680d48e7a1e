/** Alice starts a transcript, Bob sees it, and the code comes when the server lets one in. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Problem } from '../../api/problem';
import { Notices } from '../notices/notices';
import { Transcript, type TranscriptRequests } from './transcript';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function opened(more: Partial<TranscriptRequests> = {}) {
  const requests = {
    current: vi.fn(async () => ({ kept: true, transcript: 'bobs' })),
    start: vi.fn(async () => ({ transcript: 'alices', deletion_code: 'delete' })),
    stop: vi.fn(async () => {}),
    rememberDeletion: vi.fn(),
    ...more,
  };
  const notices = new Notices();
  const transcript = new Transcript(requests, () => 'token', notices);
  return { requests, notices, transcript };
}

describe('transcript', () => {
  it('says nothing new to who comes into a meeting that keeps one, and fetches the code', async () => {
    const { transcript, notices, requests } = opened();
    transcript.connected(true);
    await vi.advanceTimersByTimeAsync(0);
    expect(transcript.view()).toMatchObject({ kept: true, code: 'bobs' });
    expect(requests.current).toHaveBeenCalledWith('token');
    expect(notices.view()).toEqual([]);
  });

  it('announces that somebody started and stopped it, once each', async () => {
    const { transcript, notices } = opened({ current: async () => ({ kept: false, transcript: null }) });
    transcript.connected(false);
    for (const kept of [false, true, true, false]) transcript.seen(kept);
    expect(notices.view().map(({ kind }) => kind)).toEqual(['transcript-started', 'transcript-stopped']);
  });

  it('starts, and remembers in this browser how to delete it', async () => {
    const { transcript, requests } = opened();
    transcript.connected(false);
    const starting = transcript.start();
    expect(transcript.view().isChanging).toBe(true);
    await transcript.start();
    await starting;
    expect(requests.start).toHaveBeenCalledOnce();
    expect(requests.rememberDeletion).toHaveBeenCalledWith('alices', 'delete');
    expect(transcript.view()).toMatchObject({ isChanging: false, code: 'alices' });
  });

  it('says why it could not be stopped', async () => {
    const refused = new Problem('not_allowed', 403, 'ask the host');
    const { transcript } = opened({ stop: () => Promise.reject(refused) });
    transcript.connected(true);
    await transcript.stop();
    expect(transcript.view()).toMatchObject({ kept: true, problem: refused });
  });

  it('asks for the code again while the server does not answer, until the call is over', async () => {
    const current = vi
      .fn<TranscriptRequests['current']>()
      .mockRejectedValueOnce(new Problem('not_in_meeting', 403, ''))
      .mockResolvedValue({ kept: true, transcript: 'bobs' });
    const { transcript } = opened({ current });
    transcript.connected(true);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(transcript.view().code).toBe('bobs');
    transcript.close();
    current.mockRejectedValue(new Problem('unreachable', 0, ''));
    transcript.seen(false);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(current).toHaveBeenCalledTimes(2);
  });

  it('asks again when everybody is told of a transcript before the server has begun it', async () => {
    const current = vi
      .fn<TranscriptRequests['current']>()
      .mockResolvedValueOnce({ kept: false, transcript: null })
      .mockResolvedValueOnce({ kept: true, transcript: null })
      .mockResolvedValue({ kept: true, transcript: 'bobs' });
    const { transcript } = opened({ current });
    transcript.connected(false);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(current).toHaveBeenCalledOnce();
    transcript.seen(true);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(transcript.view().code).toBe('bobs');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(current).toHaveBeenCalledTimes(3);
  });
});
