/** One address, from the link in a mail to the call: what Bob meets on the way. */
import { act, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { StrictMode } from 'react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { saveSession } from '../../call/saved-session';
import { FakeRoom } from '../../call/testing/fake-room';
import { violations } from '../../test-axe';
import { plugIn, unplugAll } from '../../test-devices';
import { renderAt } from '../../test-page';
import RoomPage from './RoomPage';

const CODE = 'ab0de-fgh1k-mnpqr-stvwx-yz012';
let room: FakeRoom;

type Answer = { status: number; body: unknown };
const refusal = (status: number, code: string): Answer => ({
  status,
  body: { error: { code, message: '' } },
});
const found: Answer = {
  status: 200,
  body: { code: CODE, name: 'Budget', transcript: 'off', transcript_kept: false, participants: 1 },
};
const joined: Answer = {
  status: 200,
  body: { signal_url: 'ws://x', token: 't2', identity: 'bob' },
};
const config: Answer = {
  status: 200,
  body: {
    version: '1',
    captions: { available: true, reason: null, languages: [] },
    limits: { name_chars_max: 60 },
  },
};

/** Serves the room and its door; answers the requests that were made to the door. */
function serve(state: Answer, ...joins: Answer[]) {
  const knocks: Request[] = [];
  vi.stubGlobal('fetch', async (request: Request) => {
    const path = new URL(request.url).pathname;
    const isKnock = path.endsWith('/join');
    if (isKnock) knocks.push(request);
    const answer = isKnock ? (joins.shift() ?? joined) : path.endsWith('/config') ? config : state;
    return Response.json(answer.body, { status: answer.status });
  });
  return knocks;
}

const open = (code = CODE) => renderAt(`/r/${code}`, <RoomPage openLink={async () => room} />, '/r/*');

function arriveBy(type: string) {
  vi.spyOn(performance, 'getEntriesByType').mockReturnValue([{ type } as unknown as PerformanceEntry]);
}

beforeEach(() => {
  vi.stubGlobal('RTCPeerConnection', class {});
  room = new FakeRoom();
  plugIn();
});
afterEach(unplugAll);

describe('RoomPage', () => {
  it('leads Bob from the link through the door into the call', async () => {
    const knocks = serve(found);
    open();
    await userEvent.type(await screen.findByTestId('prejoin-name'), 'Bob{Enter}');
    expect(await screen.findByTestId('call-stage')).toBeTruthy();
    expect(await knocks[0]?.json()).toEqual({ name: 'Bob', language: null });
  });

  it.each([
    CODE.toUpperCase().replaceAll('-', ''),
    `${CODE}).`,
    `${CODE}/`,
    `${CODE},%20thanks`,
    CODE.replaceAll('-', '%E2%80%91'),
    `${CODE}%`,
  ])('opens the door behind /r/%s, and corrects the address', async (typed) => {
    serve(found);
    const page = open(typed);
    expect(await screen.findByRole('heading', { name: 'Budget' })).toBeTruthy();
    expect(page.path()).toBe(`/r/${CODE}`);
  });

  it('says the same of a room that never was and of a code that cannot be', async () => {
    serve(refusal(404, 'room_not_found'));
    const { unmount } = open();
    const unknown = (await screen.findByTestId('error-not-found')).textContent;
    unmount();
    open('nonsense');
    expect((await screen.findByTestId('error-not-found')).textContent).toBe(unknown);
  });

  it('tells a server that is away from a room that is not there', async () => {
    serve(refusal(503, 'too_slow'));
    open();
    expect(await screen.findByTestId('error-unreachable')).toBeTruthy();
  });

  it('rests on the words for a room that is not there', async () => {
    serve(refusal(404, 'room_not_found'));
    const asked = vi.spyOn(globalThis, 'fetch');
    vi.useFakeTimers({ shouldAdvanceTime: true });
    open();
    await screen.findByTestId('error-not-found');
    const before = asked.mock.calls.length;
    await act(() => vi.advanceTimersByTimeAsync(20_000));
    vi.useRealTimers();
    expect([asked.mock.calls.length, screen.queryByText('Loading…')]).toEqual([before, null]);
  });

  it('tells a browser that cannot call before asking for anything', () => {
    vi.stubGlobal('RTCPeerConnection', undefined);
    serve(found);
    open();
    expect(screen.getByTestId('error-no-calls')).toBeTruthy();
  });

  it('leads back to the name field when the server refuses the name', async () => {
    serve(found, refusal(422, 'name_refused'));
    open();
    await userEvent.type(await screen.findByTestId('prejoin-name'), 'B0b{Enter}');
    await userEvent.click(await screen.findByRole('button', { name: 'Choose another name' }));
    expect((await screen.findByTestId<HTMLInputElement>('prejoin-name')).value).toBe('B0b');
  });
});

describe('a call that is open in another tab', () => {
  async function knocking() {
    const knocks = serve(found);
    vi.spyOn(navigator.locks, 'query').mockResolvedValue({ held: [{ name: `visio.call.${CODE}` }] });
    const { container } = open();
    await userEvent.type(await screen.findByTestId('prejoin-name'), 'Alice{Enter}');
    await screen.findByTestId('other-tab-move');
    return { knocks, container };
  }

  it('stays there when Alice wants it so', async () => {
    const { knocks, container } = await knocking();
    expect(await violations(container)).toEqual([]);
    await userEvent.click(screen.getByTestId('other-tab-stay'));
    expect(screen.queryByTestId('other-tab-move')).toBeNull();
    expect([knocks.length, screen.getByTestId('prejoin-join') !== null]).toEqual([0, true]);
  });

  it('goes on here once the other tab has left', async () => {
    const { knocks } = await knocking();
    const other = new BroadcastChannel(`visio.call.${CODE}`);
    other.onmessage = ({ data }) => data === 'leave' && other.postMessage('left');
    await userEvent.click(screen.getByTestId('other-tab-move'));
    expect(await screen.findByTestId('call-stage')).toBeTruthy();
    expect(knocks).toHaveLength(1);
    other.close();
  });
});

describe('a call and its screen', () => {
  const leaves = () => room.calls.filter((call) => call === 'leave').length;

  it('ends when the browser’s Back takes the screen away', async () => {
    serve(found);
    const { unmount } = open();
    await userEvent.type(await screen.findByTestId('prejoin-name'), 'Bob{Enter}');
    await screen.findByTestId('call-stage');
    expect(leaves()).toBe(0);
    unmount();
    await vi.waitFor(() => expect(leaves()).toBe(1));
    expect(sessionStorage.length).toBe(0);
  });

  it('begins once and goes on where React mounts everything twice', async () => {
    const knocks = serve(found);
    const twice = (
      <StrictMode>
        <RoomPage openLink={async () => room} />
      </StrictMode>
    );
    renderAt(`/r/${CODE}`, twice, '/r/*');
    await userEvent.type(await screen.findByTestId('prejoin-name'), 'Bob{Enter}');
    expect(await screen.findByTestId('call-stage')).toBeTruthy();
    await act(() => new Promise((done) => setTimeout(done, 20)));
    expect([knocks.length, leaves()]).toEqual([1, 0]);
  });
});

describe('after a reload', () => {
  const saved = {
    identity: 'bob',
    token: 't1',
    name: 'Bob',
    language: 'fr',
    microphone: false,
    camera: true,
    captions: true,
  };

  it('puts Bob back into his session as he was, without a question', async () => {
    arriveBy('reload');
    saveSession(CODE, saved);
    const knocks = serve(found);
    open();
    expect(await screen.findByTestId('call-stage')).toBeTruthy();
    expect(knocks[0]?.headers.get('authorization')).toBe('Bearer t1');
    expect(room.calls.slice(1)).toEqual(['camera true null']);
  });

  it('shows the door to a duplicated tab', async () => {
    arriveBy('navigate');
    saveSession(CODE, saved);
    serve(found);
    open();
    expect(await screen.findByTestId('prejoin-name')).toBeTruthy();
  });

  it('does not return after leaving', async () => {
    arriveBy('reload');
    saveSession(CODE, saved);
    serve(found);
    const { unmount } = open();
    await userEvent.click(await screen.findByTestId('call-leave'));
    unmount();
    open();
    expect(await screen.findByTestId('prejoin-name')).toBeTruthy();
  });
});
