/** Alice in the call: what she sees, presses, hears announced, and how it ends. */
import { act, fireEvent, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RoomState } from '../../api/requests';
import type { Person } from '../../call/link';
import { CallSession } from '../../call/session';
import { FakeRoom } from '../../call/testing/fake-room';
import { alice, bob, carol, person, picture } from '../../call/testing/people';
import { transcriptRequests } from '../../call/testing/transcript';
import { isWished } from '../../me/preferences';
import { recentRooms } from '../../me/recent-rooms';
import { violations } from '../../test-axe';
import { plugIn, unplugAll } from '../../test-devices';
import { renderAt } from '../../test-page';
import { CallPage } from './CallPage';

const options = {
  name: 'Alice',
  language: null,
  microphone: false,
  camera: false,
  captions: true,
  devices: { microphone: null, camera: null, speaker: null },
  former: null,
};

async function inCall(
  people: Person[] = [alice, bob],
  transcribed = true,
  available = true,
  transcript: RoomState['transcript'] = 'off',
) {
  plugIn();
  vi.stubGlobal('fetch', async () =>
    Response.json({ captions: { available, reason: null, languages: ['en', 'pl'] }, lines: [] }),
  );
  const room = new FakeRoom();
  room.people = people;
  room.transcriptKept = transcribed;
  const session = new CallSession('code', options, {
    join: async () => ({ signal_url: 'ws://x', token: 't', identity: 'alice' }),
    openLink: async () => room,
    transcript: transcriptRequests(transcribed ? 'tr1' : null),
  });
  session.start();
  const onRejoin = vi.fn();
  const state = { code: 'code', name: 'Budget', transcript, transcript_kept: transcribed, participants: 1 };
  const page = renderAt(
    '/r/code',
    <CallPage session={session} room={state} onRejoin={onRejoin} onBack={() => {}} />,
  );
  await screen.findByTestId('call-stage');
  return { ...page, room, session, onRejoin };
}

/** The first frame of every picture that is drawn. */
function framesArrive(container: HTMLElement): void {
  for (const video of container.querySelectorAll('video')) {
    const size = {
      videoWidth: { value: 640, configurable: true },
      videoHeight: { value: 360, configurable: true },
    };
    Object.defineProperties(video, size);
    fireEvent(video, new Event('loadedmetadata'));
  }
}

const tell = (run: () => void) => act(async () => run());

beforeEach(() => {
  // The stage is as large as the test says; jsdom lays nothing out.
  vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(1280);
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(720);
});
afterEach(() => {
  vi.useRealTimers();
  unplugAll();
});

describe('stage', () => {
  it('shows a tile for each person, told as "name, microphone, speaking"', async () => {
    const { room } = await inCall([alice, { ...bob, microphoneOn: false }, carol]);
    room.speaking = ['carol'];
    await tell(() => room.tell({ kind: 'changed' }));
    const tiles = screen.getAllByTestId('call-tile');
    expect(tiles.map((tile) => tile.getAttribute('aria-label'))).toEqual([
      'Bob, microphone off',
      'Carol, speaking',
      'Alice (you)',
    ]);
    expect(tiles[0]?.dataset).toMatchObject({ identity: 'bob', muted: 'true', speaking: 'false' });
  });

  it('marks a name that looks like another on tile, in the list and in captions, with words for it', async () => {
    const eve = person('B0b', { isLookalike: true });
    const { room, container } = await inCall([alice, bob, eve]);
    await userEvent.click(screen.getByTestId('call-people'));
    await tell(() => room.say('b0b', 'It is me.', 's1'));
    const marks = screen.getAllByTestId('lookalike').map((mark) => {
      const place = mark.closest(
        '[data-testid="call-tile"], [data-testid="person"], [data-testid="caption-line"]',
      );
      return [place?.getAttribute('data-testid'), place?.getAttribute('data-name'), mark.textContent];
    });
    const words = '(This name looks like that of another participant)';
    expect(marks).toEqual([
      ['call-tile', 'B0b', words],
      ['caption-line', 'B0b', words],
      ['person', 'B0b', words],
    ]);
    const tile = screen.getAllByTestId('call-tile').find(({ dataset }) => dataset.identity === 'b0b');
    expect(tile?.getAttribute('aria-label')).toBe('B0b, This name looks like that of another participant');
    expect(await violations(container)).toEqual([]);
  });

  it('announces a new name', async () => {
    const { room } = await inCall();
    room.people = [alice, { ...bob, name: 'Bobby' }];
    await tell(() => room.tell({ kind: 'changed' }));
    expect(screen.getByTestId('announce-polite').textContent).toBe('Bob is now called Bobby.');
  });

  it('draws pictures in real video elements, oneself mirrored, and initials where there is none', async () => {
    const attach = vi.fn(() => () => {});
    await inCall([{ ...alice, camera: picture('a') }, { ...bob, camera: { id: 'b', attach } }, carol]);
    expect(attach).toHaveBeenCalledWith(expect.any(HTMLVideoElement));
    const [, carolTile, aliceTile] = screen.getAllByTestId('call-tile');
    expect(carolTile?.textContent).toContain('C');
    expect(aliceTile?.querySelector('video')?.className).toContain('mirrored');
  });

  it('does not attach a picture anew when only the layout changes', async () => {
    const attach = vi.fn(() => () => {});
    const bobOnCamera = { ...bob, camera: { id: 'b', attach } };
    const { room } = await inCall([alice, bobOnCamera]);
    room.people = [alice, bobOnCamera, { ...carol, screen: picture('slides') }];
    await tell(() => room.tell({ kind: 'changed' }));
    expect(screen.getAllByTestId('call-tile')).toHaveLength(4);
    expect(attach).toHaveBeenCalledOnce();
  });

  it('invites when Alice is alone, with the link in sight and beside her picture', async () => {
    const { container } = await inCall([alice]);
    expect(screen.getByText('You are the first one here')).toBeTruthy();
    expect(screen.getByTestId('alone-link').textContent).toBe(`${location.origin}/r/code`);
    const mail = within(screen.getByTestId('alone')).getByRole('link', { name: 'Mail' });
    expect(mail.getAttribute('href')).toContain(encodeURIComponent(`${location.origin}/r/code`));
    expect(screen.getByTestId('call-stage').contains(screen.getByTestId('alone'))).toBe(false);
    expect(await violations(container)).toEqual([]);
  });

  const self = () => screen.getAllByTestId('call-tile').find(({ dataset }) => dataset.self === 'true');
  const corner = () =>
    /translate\((\d+)px, (\d+)px\)/
      .exec(self()?.style.transform ?? '')
      ?.slice(1)
      .map(Number);

  it('lets Alice drag her own picture to another corner, and finds it there in the next call', async () => {
    const { unmount } = await inCall();
    const before = corner();
    const tile = self() as HTMLElement;
    fireEvent.pointerDown(tile, { clientX: 1_100, clientY: 600 });
    fireEvent.pointerMove(tile, { clientX: 200, clientY: 100 });
    fireEvent.pointerUp(tile, { clientX: 200, clientY: 100 });
    expect([before?.every((side) => side > 400), corner()]).toEqual([true, [12, 12]]);
    unmount();
    await inCall();
    expect(corner()).toEqual([12, 12]);
  });

  it('leaves her picture where it is after a press that trembles', async () => {
    await inCall();
    const before = corner();
    const tile = self() as HTMLElement;
    fireEvent.pointerDown(tile, { clientX: 1_100, clientY: 600 });
    fireEvent.pointerMove(tile, { clientX: 1_097, clientY: 598 });
    fireEvent.pointerUp(tile, { clientX: 1_097, clientY: 598 });
    expect(corner()).toEqual(before);
  });

  it('moves and shrinks her picture by buttons too, and brings it back', async () => {
    await inCall();
    const before = corner();
    await userEvent.click(screen.getByTestId('self-move'));
    expect(corner()).not.toEqual(before);
    const width = self()?.style.width;
    await userEvent.click(screen.getByTestId('self-minimise'));
    expect(self()?.style.width).toBe('56px');
    await userEvent.click(screen.getByTestId('self-restore'));
    expect(self()?.style.width).toBe(width);
  });

  it('shows initials until the first frame of a camera, and words until that of a screen', async () => {
    const { container } = await inCall([
      alice,
      { ...bob, camera: picture('b') },
      { ...carol, screen: picture('slides') },
    ]);
    const tile = (name: string, kind: string) =>
      screen
        .getAllByTestId('call-tile')
        .find(({ dataset }) => dataset.name === name && dataset.kind === kind);
    expect(tile('Bob', 'person')?.querySelector('.initials')?.textContent).toBe('B');
    expect(screen.getByTestId('share-coming').textContent).toBe('Carol is starting to share…');
    expect(tile('Carol', 'screen')?.dataset.role).toBe('coming');
    framesArrive(container);
    expect(tile('Bob', 'person')?.querySelector('.initials')).toBeNull();
    expect(screen.queryByTestId('share-coming')).toBeNull();
    expect(tile('Carol', 'screen')?.dataset.role).toBe('main');
  });

  it('keeps a pinned person large', async () => {
    await inCall([alice, bob, carol]);
    await userEvent.click(screen.getByRole('button', { name: 'Keep Carol large' }));
    const sizes = screen
      .getAllByTestId('call-tile')
      .map((tile) => [tile.dataset.name, Number.parseInt(tile.style.width, 10)]);
    expect(sizes.sort((a, b) => Number(b[1]) - Number(a[1]))[0]?.[0]).toBe('Carol');
  });

  it('lets Alice unpin herself when only two are left', async () => {
    const { room } = await inCall([alice, bob, carol, person('Dave')]);
    await userEvent.click(screen.getByRole('button', { name: 'Keep Alice (you) large' }));
    room.people = [alice, bob];
    await tell(() => room.tell({ kind: 'changed' }));
    await userEvent.click(screen.getByRole('button', { name: 'Keep Alice (you) large', pressed: true }));
    expect(screen.getAllByTestId('call-tile')[0]?.dataset.name).toBe('Bob');
  });

  it('does not call her the first one when all others have left', async () => {
    const { room } = await inCall([alice, bob]);
    room.people = [alice];
    await tell(() => room.tell({ kind: 'changed' }));
    expect(screen.getByText('You are the only one here')).toBeTruthy();
  });

  it('follows the screen shared last, and tells Alice of her own instead of showing it in itself', async () => {
    const daves = { ...person('Dave'), screen: picture('plan') };
    const { room, container } = await inCall([alice, bob, daves]);
    framesArrive(container);
    const seen = () => screen.getAllByTestId('call-tile').filter(({ dataset }) => dataset.role !== 'coming');
    const large = () => seen().toSorted((a, b) => width(b) - width(a))[0];
    const width = (tile: HTMLElement) => Number.parseInt(tile.style.width, 10);
    expect(large()?.dataset).toMatchObject({ kind: 'screen', name: 'Dave' });
    room.people = [{ ...alice, screen: picture('mine') }, { ...bob, screen: picture('slides') }, daves];
    await tell(() => room.tell({ kind: 'changed' }));
    expect(large()?.dataset, 'until the first frame').toMatchObject({ name: 'Dave' });
    framesArrive(container);
    expect(large()?.dataset).toMatchObject({ kind: 'screen', name: 'Bob' });
    expect(screen.getByText('You are sharing your screen')).toBeTruthy();
  });

  it('gives a picture its own shape once it has arrived', async () => {
    const { container } = await inCall([alice, { ...bob, camera: picture('b') }]);
    const video = container.querySelector('video') as HTMLVideoElement;
    Object.defineProperties(video, { videoWidth: { value: 480 }, videoHeight: { value: 640 } });
    fireEvent(video, new Event('resize'));
    const tile = screen.getAllByTestId('call-tile').find(({ dataset }) => dataset.name === 'Bob');
    expect([tile?.style.width, tile?.style.height]).toEqual(['540px', '720px']);
  });

  it('plays every sound and replaces a lost line by words', async () => {
    const sound = { id: 's', attach: vi.fn(() => () => {}) };
    const { container } = await inCall([alice, { ...bob, sounds: [sound], quality: 'lost' }]);
    expect(container.querySelectorAll('audio')).toHaveLength(1);
    expect(sound.attach).toHaveBeenCalledOnce();
    expect(screen.getByText('The connection of Bob is interrupted.')).toBeTruthy();
  });
});

describe('bar and keys', () => {
  it('switches microphone and camera, by button and by key', async () => {
    const { room } = await inCall();
    await userEvent.click(screen.getByTestId('call-mic'));
    await userEvent.keyboard('{Control>}e{/Control}');
    expect(room.calls.slice(1)).toEqual(['microphone true null', 'camera true null']);
    expect(screen.getByTestId('call-mic').getAttribute('aria-pressed')).toBe('true');
  });

  it('shows a camera that is on its way as such, and not as on', async () => {
    const { room, session } = await inCall();
    let open = (): void => {};
    room.cameraOpens = new Promise<void>((resolve) => (open = resolve));
    await tell(() => session.media.switch('videoinput', true));
    const button = screen.getByTestId('call-camera');
    expect(button.dataset.starting).toBe('true');
    await tell(() => open());
    expect(button.dataset.starting).toBe('false');
  });

  it('tells behind its name all about the meeting', async () => {
    await inCall();
    await userEvent.click(screen.getByTestId('call-info'));
    const info = await screen.findByRole('dialog', { name: 'Budget' });
    expect(info.textContent).toContain(`${location.origin}/r/code`);
    expect(within(info).getByRole('timer').textContent).toMatch(/sec/);
    expect(within(info).getByTestId('call-invite')).toBeTruthy();
  });

  it('opens the microphone only while Space is held', async () => {
    const { room } = await inCall();
    await userEvent.keyboard('[Space>][/Space]');
    expect(room.calls.slice(1)).toEqual(['microphone true null', 'microphone false null']);
  });

  it('talks with Space also after a click on the switch', async () => {
    const { room } = await inCall();
    const user = userEvent.setup();
    await user.click(screen.getByTestId('call-mic'));
    await user.click(screen.getByTestId('call-mic'));
    await user.keyboard('[Space>]');
    expect(room.calls.slice(3)).toEqual(['microphone true null']);
    await user.keyboard('[/Space]');
    expect(room.calls.slice(3)).toEqual(['microphone true null', 'microphone false null']);
  });

  it.each([
    ['goes to another window', () => window.dispatchEvent(new Event('blur'))],
    [
      'goes to another tab',
      () => {
        vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
        document.dispatchEvent(new Event('visibilitychange'));
      },
    ],
  ])('shuts the microphone when Alice %s with Space held', async (_, go) => {
    const { room } = await inCall();
    await userEvent.keyboard('[Space>]');
    expect(room.calls.slice(1)).toEqual(['microphone true null']);
    await tell(go);
    expect(room.calls.slice(1)).toEqual(['microphone true null', 'microphone false null']);
  });

  it('fills the screen with the whole page, so that settings and lists stay in sight', async () => {
    const fill = vi.fn();
    document.documentElement.requestFullscreen = fill;
    await inCall();
    await userEvent.keyboard('f');
    expect(fill).toHaveBeenCalledOnce();
  });

  it('opens and closes the people list, and lists who is here', async () => {
    await inCall([alice, { ...bob, microphoneOn: false }]);
    await userEvent.keyboard('p');
    const rows = within(screen.getByTestId('people-panel')).getAllByTestId('person');
    expect(rows.map((row) => row.dataset.name)).toEqual(['Alice', 'Bob']);
    expect(rows[1]?.textContent).toContain('microphone off');
    await userEvent.keyboard('{Escape}');
    expect(screen.queryByTestId('people-panel')).toBeNull();
  });

  it('leads to the panel that opens, and back to the button when it closes', async () => {
    await inCall();
    screen.getByTestId('call-people').focus();
    await userEvent.keyboard('{Enter}');
    expect(document.activeElement?.textContent).toBe('2 participants');
    await userEvent.keyboard('{Escape}');
    expect(document.activeElement).toBe(screen.getByTestId('call-people'));
  });

  it('leads back to the button also where the mouse opened the panel', async () => {
    await inCall();
    await userEvent.click(screen.getByTestId('call-people'));
    expect(document.activeElement?.textContent).toBe('2 participants');
    await userEvent.keyboard('{Escape}');
    expect(document.activeElement).toBe(screen.getByTestId('call-people'));
  });

  it('closes the panel with Escape also while a hint is open', async () => {
    await inCall();
    await userEvent.keyboard('p');
    await act(async () => screen.getByTestId('call-leave').focus());
    await userEvent.keyboard('{ArrowLeft}');
    await screen.findByRole('tooltip');
    await userEvent.keyboard('{Escape}');
    expect(screen.queryByTestId('people-panel')).toBeNull();
  });

  it('says what Ctrl+D did, for the button that shows it may be out of sight', async () => {
    await inCall();
    await userEvent.keyboard('{Control>}d{/Control}');
    expect(screen.getByTestId('announce-assertive').textContent).toBe('Microphone on.');
    await userEvent.keyboard('{Control>}d{/Control}');
    expect(screen.getByTestId('announce-assertive').textContent).toBe('Microphone off.');
    expect(screen.queryByTestId('notice')).toBeNull();
  });

  const onPhone = () =>
    vi.stubGlobal('matchMedia', (query: string) => ({
      matches: query.includes('760px') || query.includes('coarse'),
      addEventListener() {},
      removeEventListener() {},
    }));

  it('offers to stop while her screen is shared, and shows that it is', async () => {
    const { room } = await inCall();
    Object.assign(navigator.mediaDevices, { getDisplayMedia: () => {} });
    await userEvent.keyboard('p');
    expect(screen.getByTestId('call-share').textContent).toBe('Share screen');
    room.people = [{ ...alice, screen: picture('mine') }, bob];
    await tell(() => room.tell({ kind: 'changed' }));
    const stop = screen.getByTestId('call-share');
    expect([stop.textContent, stop.className]).toEqual(['Stop sharing', expect.stringContaining('sending')]);
    await userEvent.click(stop);
    expect(room.calls).toContain('share false');
  });

  it('speaks of keys only where there are some', async () => {
    const { session, unmount } = await inCall();
    const said = async (one: CallSession) => {
      await tell(() => one.notices.post({ kind: 'speaking-muted' }));
      return screen.getByTestId('notice').textContent;
    };
    expect(await said(session)).toContain('Ctrl+D');
    await userEvent.click(screen.getByTestId('call-settings'));
    expect(await screen.findByRole('button', { name: 'Keyboard shortcuts' })).toBeTruthy();
    unmount();
    onPhone();
    const { session: onTouch } = await inCall();
    expect(await said(onTouch)).toContain('Press the microphone button');
    await userEvent.click(screen.getByTestId('call-settings'));
    await screen.findByRole('dialog');
    expect(screen.queryByRole('button', { name: 'Keyboard shortcuts' })).toBeNull();
  });

  it('puts what a sheet covers on a phone out of reach, and only then', async () => {
    onPhone();
    await inCall();
    const bar = screen.getByTestId('call-leave');
    expect(bar.closest('[inert]')).toBeNull();
    await userEvent.keyboard('p');
    expect(bar.closest('[inert]')).not.toBeNull();
    expect(screen.getByTestId('people-panel').closest('[inert]')).toBeNull();
    await userEvent.keyboard('{Escape}');
    expect(bar.closest('[inert]')).toBeNull();
  });

  it('closes a sheet on a phone with Back, and leaves nothing behind when it is closed otherwise', async () => {
    onPhone();
    await inCall();
    history.replaceState('the call', '');
    await userEvent.keyboard('p');
    await act(async () => history.back());
    await vi.waitFor(() => expect(screen.queryByTestId('people-panel')).toBeNull());
    expect(history.state).toBe('the call');
    await userEvent.keyboard('p');
    expect(screen.getByTestId('people-panel')).toBeTruthy();
    await userEvent.keyboard('{Escape}');
    await vi.waitFor(() => expect(history.state).toBe('the call'));
  });

  it('walks from stage to bar to panel with F6', async () => {
    await inCall();
    await userEvent.keyboard('p');
    const here: (string | undefined)[] = [];
    for (let i = 0; i < 4; i += 1) {
      await userEvent.keyboard('{F6}');
      here.push(document.activeElement?.closest<HTMLElement>('[data-region]')?.dataset.region);
    }
    expect(here).toEqual(['stage', 'bar', 'panel', 'stage']);
  });

  it('shows its keys on a question mark', async () => {
    await inCall();
    await userEvent.keyboard('?');
    expect(within(await screen.findByRole('dialog')).getByText('Hold to talk while muted')).toBeTruthy();
  });
});

describe('captions', () => {
  it('shows who speaks, replaces the partial by the final, and can be put away', async () => {
    const { room } = await inCall();
    await tell(() => room.say('bob', 'Good mor', 's1', { certain: 4 }));
    expect(screen.getByTestId('caption-line').dataset).toMatchObject({
      final: 'false',
      segment: 's1',
      name: 'Bob',
    });
    expect(screen.getByTestId('caption-text').firstChild?.textContent).toBe('Good');
    expect(screen.getByTestId('caption-text').lastChild?.textContent).toBe(' mor');
    await tell(() => room.say('bob', 'Good morning.', 's1', { final: true }));
    expect(screen.getByTestId('caption-line').textContent).toBe('Bob Good morning.');
    await userEvent.click(screen.getByTestId('call-captions'));
    expect(screen.queryByTestId('captions')).toBeNull();
  });

  it('takes its space while people talk, words taken back included, and gives it back after', async () => {
    const { room, session } = await inCall();
    const strip = () => screen.getByTestId('captions').dataset.strip;
    vi.useFakeTimers();
    await tell(() => session.captions.setOn(false));
    await tell(() => session.captions.setOn(true));
    expect(strip()).toBe('intro');
    await tell(() => room.say('bob', 'Good mor', 's1', { certain: 4 }));
    expect(strip()).toBe('lines');
    await tell(() => room.say('bob', '', 's1', { final: true }));
    await act(() => vi.advanceTimersByTimeAsync(20_000));
    expect(strip()).toBe('lines');
    await act(() => vi.advanceTimersByTimeAsync(12_000));
    expect([strip(), screen.getByTestId('captions').textContent]).toEqual(['hidden', '']);
    vi.useRealTimers();
  });

  it('offers the languages that this server understands', async () => {
    await inCall();
    await userEvent.click(screen.getByTestId('call-settings'));
    await userEvent.click(await screen.findByTestId('call-language'));
    const offered = screen.getAllByRole('option').map((option) => option.textContent);
    expect(offered).toEqual(['Detect automatically', 'English', 'Polish']);
  });

  it('says at the button when they come late, while somebody speaks', async () => {
    const { room } = await inCall();
    const late = () => screen.getByTestId('captions-late').textContent;
    await tell(() => room.sayStatus('{"behind":true}'));
    expect(late()).toBe('');
    room.speaking = ['bob'];
    await tell(() => room.tell({ kind: 'changed' }));
    expect(late()).toMatch(/Nothing said is lost/);
    await tell(() => room.sayStatus('{"behind":true,"lost":true}'));
    expect(late()).toMatch(/some words are lost/);
    await tell(() => room.sayStatus('{"behind":false}'));
    expect(late()).toBe('');
  });

  it('grows on wish, and is as large in the next call', async () => {
    const { unmount } = await inCall();
    await userEvent.click(screen.getByTestId('call-settings'));
    await userEvent.click(screen.getByTestId('caption-size'));
    await userEvent.click(await screen.findByRole('option', { name: 'Very large' }));
    await userEvent.click(screen.getByTestId('caption-colours'));
    await userEvent.click(await screen.findByRole('option', { name: 'Black on white' }));
    const wished = { size: 'xl', captions: 'black' };
    expect(screen.getByTestId('captions').dataset).toMatchObject(wished);
    unmount();
    await inCall();
    expect(screen.getByTestId('captions').dataset).toMatchObject(wished);
  });

  it('stays away in the next call where Alice put it away', async () => {
    await inCall();
    expect(isWished('captionsOff')).toBe(false);
    await userEvent.keyboard('c');
    expect(isWished('captionsOff')).toBe(true);
  });

  it('reads finals to a screen reader only when asked', async () => {
    const { room } = await inCall();
    await tell(() => room.say('bob', 'Hello.', 's1', { final: true }));
    expect(screen.getByTestId('announce-captions').textContent).toBe('');
    await userEvent.click(screen.getByTestId('call-settings'));
    await userEvent.click(await screen.findByRole('switch', { name: /screen reader says captions/i }));
    expect(screen.getByTestId('announce-captions').textContent).toBe('Bob: Hello.');
  });

  it('says at the button why there are none where the server cannot hear', async () => {
    await inCall([alice, bob], false, false);
    const button = screen.getByTestId('call-captions');
    await vi.waitFor(() => expect(button.textContent).toMatch(/off on this server/));
    await userEvent.click(button);
    expect(button.getAttribute('aria-pressed')).toBe('false');
    expect(screen.queryByTestId('captions')).toBeNull();
    expect(screen.queryByTestId('call-transcript-badge')).toBeNull();
    expect(screen.queryByTestId('call-transcript')).toBeNull();
  });
});

describe('notices', () => {
  it('announces a joiner politely and a muting at once', async () => {
    const { room, session } = await inCall();
    await tell(() => room.tell({ kind: 'joined', identity: 'carol', name: 'Carol' }));
    await vi.waitFor(() => expect(screen.getByTestId('announce-polite').textContent).toBe('Carol joined.'));
    await tell(() => session.media.switch('audioinput', true));
    await tell(() => room.tell({ kind: 'self-muted', device: 'audioinput' }));
    expect(screen.getByTestId('announce-assertive').textContent).toMatch(/muted you/);
  });

  it('keeps a mark in the bar while the camera gives nothing, and says on press what helps', async () => {
    const { room, session } = await inCall();
    room.cameraFails = new DOMException('', 'NotReadableError');
    await tell(() => session.media.switch('videoinput', true));
    await tell(() => session.notices.dismiss(1));
    await userEvent.click(screen.getByTestId('call-device-trouble'));
    expect((await screen.findByRole('dialog')).textContent).toMatch(/Another program is using the camera/);
    await userEvent.keyboard('{Escape}');
    room.cameraFails = null;
    await tell(() => session.media.switch('videoinput', true));
    expect(screen.queryByTestId('call-device-trouble')).toBeNull();
  });

  it('explains on press that a transcript is kept, and leads to it', async () => {
    await inCall();
    await userEvent.click(screen.getByTestId('call-transcript-badge'));
    const explained = await screen.findByRole('dialog');
    expect(explained.textContent).toMatch(/written down with the speaker's name/);
    await userEvent.click(within(explained).getByTestId('transcript-open'));
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(screen.getByTestId('transcript-panel')).toBeTruthy();
  });

  it('tells everybody at once when somebody starts a transcript, and shows that it is kept', async () => {
    const { room } = await inCall([alice, bob], false);
    room.transcriptKept = true;
    await tell(() => room.tell({ kind: 'changed' }));
    expect(screen.getByTestId('announce-assertive').textContent).toMatch(/kept from now on/);
    expect(screen.getByTestId('notice').textContent).toMatch(/kept from now on/);
    expect(screen.getByTestId('call-transcript-badge')).toBeTruthy();
  });

  it('offers to start one in its panel, and to stop it', async () => {
    const { room } = await inCall([alice, bob], false);
    await userEvent.click(screen.getByTestId('call-transcript'));
    expect(screen.getByText(/Nothing of what is said is kept/)).toBeTruthy();
    await userEvent.click(screen.getByTestId('transcript-start'));
    room.transcriptKept = true;
    await tell(() => room.tell({ kind: 'changed' }));
    expect(screen.getByTestId('transcript-stop')).toBeTruthy();
  });

  it('is reached from the settings, for a phone has no button for it', async () => {
    await inCall();
    await userEvent.click(screen.getByTestId('call-settings'));
    await userEvent.click(within(await screen.findByRole('dialog')).getByTestId('transcript-open'));
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(screen.getByTestId('transcript-panel')).toBeTruthy();
  });

  it('asks who comes first where the room wants it asked, once', async () => {
    await inCall([alice], false, true, 'ask');
    await userEvent.click(screen.getByTestId('transcript-not-now'));
    expect(screen.queryByTestId('transcript-question')).toBeNull();
  });

  it('asks nobody who comes later', async () => {
    await inCall([alice, bob], false, true, 'ask');
    expect(screen.queryByTestId('transcript-question')).toBeNull();
  });
});

describe('broken lines and endings', () => {
  it('shows a bar after a second, words after five, advice after fifteen', async () => {
    const { room } = await inCall();
    vi.useFakeTimers();
    const stages: (string | undefined)[] = [];
    await tell(() => room.tell({ kind: 'reconnecting' }));
    stages.push(screen.queryByTestId('reconnecting')?.dataset.stage);
    for (const ms of [1_300, 4_000, 10_000]) {
      await act(() => vi.advanceTimersByTimeAsync(ms));
      stages.push(screen.queryByTestId('reconnecting')?.dataset.stage);
    }
    await tell(() => room.tell({ kind: 'reconnected' }));
    stages.push(screen.queryByTestId('reconnecting')?.dataset.stage);
    vi.useRealTimers();
    expect(stages).toEqual([undefined, 'thin', 'explained', 'advised', undefined]);
  });

  it('says goodbye with the transcript, and remembers the room', async () => {
    const { onRejoin } = await inCall();
    await userEvent.click(screen.getByTestId('call-leave'));
    expect(document.activeElement).toBe(screen.getByRole('heading', { level: 1, name: /Thank you/ }));
    expect(screen.getByTestId('goodbye-transcript').getAttribute('href')).toBe('/t/tr1');
    expect(recentRooms()).toMatchObject([{ code: 'code', name: 'Budget', transcript: 'tr1' }]);
    await userEvent.click(screen.getByTestId('goodbye-rejoin'));
    expect(onRejoin.mock.calls[0]?.[0]).toMatchObject({ name: 'Alice', former: null });
  });

  it.each([
    ['PARTICIPANT_REMOVED', 'error-removed'],
    ['DUPLICATE_IDENTITY', 'error-elsewhere'],
    ['ROOM_DELETED', 'error-closed'],
  ])('%s has words of its own', async (reason, testId) => {
    const { room } = await inCall();
    expect(document.activeElement?.textContent).toBe('Budget');
    await tell(() => room.tell({ kind: 'disconnected', reason }));
    const page = within(screen.getByTestId(testId));
    expect(document.activeElement).toBe(page.getByRole('heading', { level: 1 }));
    expect(page.getByRole('alert').textContent).not.toBe('');
  });
});

describe('accessibility', () => {
  it('finds nothing with everything open', async () => {
    const { container, room } = await inCall([alice, bob, { ...carol, screen: picture('s') }]);
    await tell(() => room.say('bob', 'Hi', 's', { final: true }));
    await userEvent.keyboard('p');
    expect(await violations(container)).toEqual([]);
  });
});
