/** What opens beside the call: settings that take effect at once, the transcript as it grows, notices, the way in. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, fireEvent, render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Problem } from '../../../api/problem';
import type { TranscriptLine } from '../../../api/requests';
import type { CaptionLine } from '../../../call/captions/captions';
import type { NoticeContent } from '../../../call/notices/notices';
import { CallSession } from '../../../call/session';
import { FakeRoom } from '../../../call/testing/fake-room';
import { transcriptRequests } from '../../../call/testing/transcript';
import { remembered } from '../../../me/preferences';
import { violations } from '../../../test-axe';
import { plugIn, unplugAll } from '../../../test-devices';
import { renderAt } from '../../../test-page';
import { NoticeBar } from '../notices/NoticeBar';
import { SettingsButton } from '../settings/SettingsButton';
import { JoiningNote } from '../stage/JoiningNote';
import { SessionContext } from '../use-call';
import { TranscriptPanel } from './transcript/TranscriptPanel';
import { TranscriptSoFar } from './transcript/TranscriptSoFar';

const options = {
  name: 'Alice',
  language: null,
  microphone: false,
  camera: false,
  captions: true,
  devices: { microphone: null, camera: null, speaker: null },
  former: null,
};
const joined = { signal_url: 'ws://x', token: 't', identity: 'alice' };

async function liveSession() {
  const room = new FakeRoom();
  const session = new CallSession('code', options, {
    join: async () => joined,
    openLink: async () => room,
    transcript: transcriptRequests(),
  });
  session.start();
  await vi.waitFor(() => expect(session.connection.view().kind).toBe('live'));
  return { session, room };
}

afterEach(unplugAll);

/** As it is in a call: who may stop it is asked of the session. */
function SoFar({ captions, interruptions = 0 }: { captions: CaptionLine[]; interruptions?: number }) {
  const [session] = useState(
    () =>
      new CallSession('code', options, {
        join: async () => joined,
        openLink: async () => new FakeRoom(),
        transcript: transcriptRequests('tr1'),
      }),
  );
  return (
    <SessionContext value={session}>
      <TranscriptSoFar
        transcript="tr1"
        token="t"
        kept
        captions={captions}
        interruptions={interruptions}
        onClose={() => {}}
      />
    </SessionContext>
  );
}

describe('settings', () => {
  const preferences = {
    selfHidden: false,
    setSelfHidden: vi.fn(),
    captionLook: { size: 'm', colours: 'white' } as const,
    setCaptionLook: vi.fn(),
    captionsAloud: false,
    setCaptionsAloud: vi.fn(),
  };

  async function open() {
    plugIn();
    const { session, room } = await liveSession();
    const openHelp = vi.fn();
    renderAt(
      '/r/code',
      <SessionContext value={session}>
        <SettingsButton preferences={preferences} openPanel={() => {}} openHelp={openHelp} />
      </SessionContext>,
    );
    await userEvent.click(screen.getByTestId('call-settings'));
    return { dialog: await screen.findByRole('dialog'), room, openHelp };
  }

  it('switches to another microphone at once, and remembers it', async () => {
    const { dialog, room } = await open();
    await userEvent.click(await within(dialog).findByRole('button', { name: /Headset/ }));
    await userEvent.click(await screen.findByRole('option', { name: 'Desk' }));
    expect(room.calls).toContain('use audioinput desk');
    expect(remembered('microphone')).toBe('desk');
  });

  it('tells the server the language one speaks', async () => {
    const { room } = await open();
    await userEvent.click(screen.getByTestId('call-language'));
    await userEvent.click(await screen.findByRole('option', { name: 'German' }));
    expect(room.calls).toContain('visio.language de');
    expect(remembered('language')).toBe('de');
  });

  it('makes captions larger, and gives them other colours', async () => {
    await open();
    await userEvent.click(screen.getByTestId('caption-size'));
    await userEvent.click(await screen.findByRole('option', { name: 'Very large' }));
    expect(preferences.setCaptionLook).toHaveBeenLastCalledWith({ size: 'xl', colours: 'white' });
    await userEvent.click(screen.getByTestId('caption-colours'));
    await userEvent.click(await screen.findByRole('option', { name: 'Yellow on black' }));
    expect(preferences.setCaptionLook).toHaveBeenLastCalledWith({ size: 'm', colours: 'yellow' });
  });

  it('hides the self view and leads to the keys', async () => {
    const { dialog, openHelp } = await open();
    await userEvent.click(within(dialog).getByRole('switch', { name: 'Hide my own picture' }));
    await userEvent.click(within(dialog).getByRole('button', { name: 'Keyboard shortcuts' }));
    expect(preferences.setSelfHidden).toHaveBeenCalledWith(true);
    expect(openHelp).toHaveBeenCalledOnce();
  });
});

describe('transcript panel', () => {
  const line: TranscriptLine = {
    number: 1,
    id: '1',
    speaker: { identity: 'bob', name: 'Bob' },
    started_at: '2026-11-23T14:05:00Z',
    ended_at: '2026-11-23T14:05:02Z',
    offset_ms: 0,
    language: 'en',
    text: 'Good morning.',
  };
  const caption = {
    segment: 's',
    identity: 'bob',
    name: 'Bob',
    text: 'And then',
    isLookalike: false,
    startedAt: Date.parse('2026-11-23T14:06:00Z'),
    certain: 3,
    final: false,
    kept: false,
    at: 0,
  };
  const settled = (count: number, at: number): CaptionLine[] =>
    Array.from({ length: count }, (_, i) => ({
      ...caption,
      segment: `${i}`,
      final: true,
      kept: true,
      at,
    }));

  it('shows what is kept, and below it what is being said', async () => {
    vi.stubGlobal('fetch', async () =>
      Response.json({ room_name: '', started_at: line.started_at, lines: [line] }),
    );
    const { container } = renderAt('/', <SoFar captions={[caption]} />);
    expect(await screen.findByText('Good morning.')).toBeTruthy();
    expect(screen.getByText('Good morning.').lang).toBe('en');
    expect(screen.getByTestId('caption-text').textContent).toBe('And then');
    expect(await violations(container)).toEqual([]);
  });

  it('asks once, and again only for hundreds of new lines and after an interruption', async () => {
    vi.useFakeTimers();
    const fetch = vi.fn(async () => Response.json({ room_name: '', started_at: line.started_at, lines: [] }));
    vi.stubGlobal('fetch', fetch);
    const queries = new QueryClient();
    const at = Date.now() + 1_000;
    const panel = (finals: number, interruptions = 0) => (
      <QueryClientProvider client={queries}>
        <SoFar captions={settled(finals, at)} interruptions={interruptions} />
      </QueryClientProvider>
    );
    const { rerender } = render(panel(0));
    await act(() => vi.advanceTimersByTimeAsync(5_000));
    for (let finals = 1; finals < 200; finals += 1) rerender(panel(finals));
    await act(() => vi.advanceTimersByTimeAsync(5_000));
    expect(fetch).toHaveBeenCalledTimes(1);
    rerender(panel(200));
    await act(() => vi.advanceTimersByTimeAsync(5_000));
    expect(fetch).toHaveBeenCalledTimes(2);
    rerender(panel(201, 1));
    await act(() => vi.advanceTimersByTimeAsync(5_000));
    expect(fetch).toHaveBeenCalledTimes(3);
    vi.useRealTimers();
  });

  it('adds what became final, and below it what is still open', async () => {
    vi.stubGlobal('fetch', async () =>
      Response.json({ room_name: '', started_at: line.started_at, lines: [line] }),
    );
    const fresh = {
      ...caption,
      segment: 'f',
      text: 'It is settled.',
      final: true,
      kept: true,
      at: Date.now() + 60_000,
    };
    renderAt('/', <SoFar captions={[fresh, caption]} />);
    expect(await screen.findByText('Good morning.')).toBeTruthy();
    expect(screen.getByText('It is settled.')).toBeTruthy();
    const words = screen.getAllByTestId('caption-text');
    expect(words.map((one) => one.textContent)).toEqual(['And then']);
    expect(words[0]?.querySelector('span')?.textContent).toBe(' then');
  });

  it('shows what settled while the answer was on its way once, be it in the answer or not', async () => {
    let answer = (_lines: object[]): void => {};
    const asked = new Promise<object[]>((resolve) => (answer = resolve));
    vi.stubGlobal('fetch', async () =>
      Response.json({ room_name: '', started_at: line.started_at, lines: await asked }),
    );
    const late = (segment: string, text: string) => ({
      ...caption,
      segment,
      text,
      final: true,
      kept: true,
      at: Date.now() + 50,
    });
    const captions = [
      late(line.id, line.text),
      { ...late('late', 'Just missed it.'), name: 'Carol', identity: 'carol' },
    ];
    renderAt('/', <SoFar captions={captions} />);
    await new Promise((resolve) => setTimeout(resolve, 100));
    answer([line]);
    expect(await screen.findByText(line.text)).toBeTruthy();
    await vi.waitFor(() => expect(screen.getAllByText(line.text)).toHaveLength(1));
    expect(screen.getByText('Just missed it.')).toBeTruthy();
  });

  it('leaves out what was said before the start, and puts what comes late where it was said', async () => {
    vi.stubGlobal('fetch', async () =>
      Response.json({ room_name: '', started_at: line.started_at, lines: [line] }),
    );
    const settles = (text: string, startedAt: string, kept: boolean): CaptionLine => ({
      ...caption,
      segment: text,
      text,
      startedAt: Date.parse(startedAt),
      final: true,
      kept,
      at: Date.now() + 60_000,
    });
    const captions = [
      settles('Between us:', '2026-11-23T14:04:58Z', false),
      { ...settles('Hello.', '2026-11-23T14:04:59Z', true), identity: 'carol', name: 'Carol' },
    ];
    const { container } = renderAt('/', <SoFar captions={captions} />);
    expect(await screen.findByText('Good morning.')).toBeTruthy();
    expect(container.textContent).not.toContain('Between us');
    expect(container.textContent).toMatch(/Carol.*Hello\..*Bob.*Good morning\./);
  });

  it('marks the names that look like those of others', async () => {
    vi.stubGlobal('fetch', async () =>
      Response.json({ room_name: '', started_at: line.started_at, lines: [line] }),
    );
    renderAt('/', <SoFar captions={[{ ...caption, isLookalike: true }]} />);
    expect(await screen.findByText('Good morning.')).toBeTruthy();
    expect(screen.getAllByTestId('lookalike')).toHaveLength(2);
  });

  it('follows the end, and leaves Alice alone who has scrolled up', async () => {
    vi.stubGlobal('fetch', async () =>
      Response.json({ room_name: '', started_at: line.started_at, lines: [] }),
    );
    vi.spyOn(HTMLElement.prototype, 'scrollHeight', 'get').mockReturnValue(1_000);
    vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(300);
    const queries = new QueryClient();
    const panel = (captions: CaptionLine[]) => (
      <QueryClientProvider client={queries}>
        <SoFar captions={captions} />
      </QueryClientProvider>
    );
    const { rerender } = render(panel([caption]));
    const body = screen.getByText('And').closest<HTMLElement>('.body');
    expect(body?.scrollTop).toBe(1_000);
    const scrollTo = (top: number) => body && fireEvent.scroll(body, { target: { scrollTop: top } });
    scrollTo(200);
    rerender(panel([{ ...caption, text: 'And then he' }]));
    expect(body?.scrollTop).toBe(200);
    scrollTo(690);
    rerender(panel([{ ...caption, text: 'And then he said' }]));
    expect(body?.scrollTop).toBe(1_000);
  });

  it('says that nothing was said yet', async () => {
    vi.stubGlobal('fetch', async () =>
      Response.json({ room_name: '', started_at: line.started_at, lines: [] }),
    );
    renderAt('/', <SoFar captions={[]} />);
    expect(screen.getByText(/Nothing has been said yet/)).toBeTruthy();
  });
});

describe('transcript panel before its code is there', () => {
  it('offers to keep what is said, and does not say so while it is kept', async () => {
    const { session, room } = await liveSession();
    renderAt(
      '/',
      <SessionContext value={session}>
        <TranscriptPanel onClose={() => {}} />
      </SessionContext>,
    );
    expect(screen.getByTestId('transcript-panel').textContent).toMatch(/Nothing of what is said is kept/);
    room.transcriptKept = true;
    act(() => room.tell({ kind: 'changed' }));
    expect(screen.getByTestId('transcript-stop')).toBeTruthy();
    expect(screen.getByTestId('transcript-panel').textContent).not.toMatch(/Nothing/);
  });
});

describe('notices', () => {
  async function show(...notices: NoticeContent[]) {
    const { session, room } = await liveSession();
    room.soundBlocked = true;
    room.tell({ kind: 'changed' });
    for (const notice of notices) session.notices.post(notice);
    renderAt(
      '/',
      <SessionContext value={session}>
        <NoticeBar />
      </SessionContext>,
    );
    return room;
  }

  it('lets what concerns oneself outrank who came', async () => {
    await show({ kind: 'muted-by-other', device: 'videoinput' }, { kind: 'joined', names: ['Bob'] });
    expect(screen.getByTestId('notice').textContent).toBe(
      'Someone turned your camera off. Turn it on when you want to be seen.',
    );
  });

  it('leaves what a button shows already to screen readers', async () => {
    await show({ kind: 'joined', names: ['Bob'] }, { kind: 'switched', device: 'audioinput', on: false });
    expect(screen.getByTestId('notice').textContent).toBe('Bob joined.');
  });

  it.each<[NoticeContent, string]>([
    [{ kind: 'joined', names: ['Bob', 'Carol'] }, 'Bob and Carol joined.'],
    [{ kind: 'left', names: ['Bob', ''] }, 'Bob and Someone left.'],
    [{ kind: 'joined', names: ['a', 'b', 'c', 'd', 'e', 'f'] }, '6 people joined.'],
    [{ kind: 'renamed', before: 'Bob', name: 'Bobby' }, 'Bob is now called Bobby.'],
    [{ kind: 'back' }, 'You are back in the meeting.'],
    [{ kind: 'device-problem', device: 'audioinput', problem: 'missing' }, 'No microphone was found.'],
  ])('has words for it', async (notice, words) => {
    await show(notice);
    expect(screen.getByTestId('notice').textContent).toBe(words);
  });

  it('asks for one press where the browser plays no sound without', async () => {
    const room = await show();
    await userEvent.click(screen.getByTestId('call-unblock-sound'));
    expect(room.calls).toContain('unblock');
  });
});

describe('on the way in', () => {
  /** Alice is at the door, and this is what the server answers. */
  async function atTheDoor(problem: Problem | null) {
    const join = async () => {
      if (problem) throw problem;
      return new Promise<never>(() => {});
    };
    const openLink = async () => new FakeRoom();
    const session = new CallSession('code', options, { join, openLink, transcript: transcriptRequests() });
    session.start();
    await act(async () => {
      renderAt(
        '/',
        <SessionContext value={session}>
          <JoiningNote />
        </SessionContext>,
      );
    });
  }

  it('waits in silence at first', async () => {
    await atTheDoor(null);
    expect(screen.queryByText('We keep trying.')).toBeNull();
  });

  it.each([
    ['server_full', /The server is full/],
    ['unreachable', /does not answer/],
    ['signal_timeout', /connection for sound and picture/],
    ['something_new', /could not do this/],
    ['too_many_requests', /too often/],
  ])('says what is wrong and that it keeps trying: %s', async (code, words) => {
    await atTheDoor(new Problem(code, 500, ''));
    expect(screen.getByText(words)).toBeTruthy();
    expect(screen.getByText('We keep trying.')).toBeTruthy();
  });
});
