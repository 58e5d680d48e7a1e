/** Alice's requests carry what the contract asks, and refusals come back as problems with a code. */
import { describe, expect, it, vi } from 'vitest';
import { asProblem, Problem, UNREACHABLE } from './problem';
import { createRoom, exportHref, getRoom, joinRoom } from './requests';

function answering(status: number, body: unknown) {
  const seen: Request[] = [];
  vi.stubGlobal('fetch', async (request: Request) => {
    seen.push(request);
    return new Response(typeof body === 'string' ? body : JSON.stringify(body), {
      status,
      headers: { 'content-type': typeof body === 'string' ? 'text/html' : 'application/json' },
    });
  });
  return seen;
}

describe('requests', () => {
  it('creates a nameless room without sending an empty name', async () => {
    const seen = answering(201, { code: 'abcde-fghjk' });
    expect(await createRoom('')).toBe('abcde-fghjk');
    expect(await seen[0]?.json()).toEqual({});
  });

  it('proves a former session with its token, and sends none the first time', async () => {
    const seen = answering(200, { signal_url: 'ws://x', token: 't2', identity: 'alice' });
    const alice = { code: 'abcde', name: 'Alice', language: 'fr' };
    await joinRoom({ ...alice, former: null });
    await joinRoom({ ...alice, former: { identity: 'alice', token: 't1' } });
    expect(seen[0]?.headers.get('authorization')).toBeNull();
    expect(seen[1]?.headers.get('authorization')).toBe('Bearer t1');
    expect(await seen[1]?.json()).toEqual({ name: 'Alice', language: 'fr', identity: 'alice' });
  });

  it('gives up a join that nobody answers, as one that may pass', async () => {
    const patience = new AbortController();
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(patience.signal);
    const silent = ({ signal }: Request) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    vi.stubGlobal('fetch', silent);
    const join = joinRoom({ code: 'abcde', name: 'Alice', language: null, former: null });
    patience.abort(new DOMException('', 'TimeoutError'));
    const problem = asProblem(await join.catch((cause: unknown) => cause));
    expect([problem.code, problem.passing, timeout.mock.calls]).toEqual([UNREACHABLE, true, [[10_000]]]);
  });

  it('turns a refusal into its code', async () => {
    answering(404, { error: { code: 'room_not_found', message: 'No such room.' } });
    await expect(getRoom('nowhere')).rejects.toMatchObject({
      code: 'room_not_found',
      status: 404,
      passing: false,
    });
  });

  it('survives a proxy that answers in HTML', async () => {
    answering(502, '<h1>Bad gateway</h1>');
    const problem = asProblem(await getRoom('abcde').catch((cause: unknown) => cause));
    expect(problem).toBeInstanceOf(Problem);
    expect(problem.passing).toBe(true);
  });

  it('calls a dead server unreachable, which passes', () => {
    const problem = asProblem(new TypeError('Failed to fetch'));
    expect([problem.code, problem.passing]).toEqual([UNREACHABLE, true]);
  });

  it('escapes what it puts into a download link', () => {
    expect(exportHref('a/b', 'vtt')).toBe('/api/v1/transcripts/a%2Fb/export?format=vtt');
  });

  it('keeps the number under which the server noted its own fault', async () => {
    answering(500, { error: { code: 'internal', message: '', error_id: '7f3a' } });
    const problem = await getRoom('x').catch(asProblem);
    expect(problem).toMatchObject({ id: '7f3a', serverFailed: true, passing: true });
    answering(503, { error: { code: 'too_slow', message: '' } });
    expect(await getRoom('x').catch(asProblem)).toMatchObject({ id: null, serverFailed: false });
  });
});
