/** Bob stands before the door: with everything, without a camera, blocked, without TLS. */
import { act, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { RoomState } from '../../api/requests';
import { remember, remembered, wish } from '../../me/preferences';
import { violations } from '../../test-axe';
import { plugIn, plugInMeter, type Refusal, unplugAll } from '../../test-devices';
import { renderAt } from '../../test-page';
import { PrejoinPage } from './PrejoinPage';

const room: RoomState = {
  code: 'c',
  name: 'Budget',
  transcript: 'off',
  transcript_kept: true,
  participants: 2,
};
const config = {
  version: '1',
  captions: { available: true, reason: null, languages: ['en', 'fr', 'de'] },
  limits: { name_chars_max: 64 },
};

function open(more: Partial<RoomState> = {}, captions = config.captions) {
  vi.stubGlobal('fetch', async () => Response.json({ ...config, captions }));
  const onJoin = vi.fn();
  const page = renderAt('/r/c', <PrejoinPage room={{ ...room, ...more }} onJoin={onJoin} />);
  return { ...page, onJoin };
}

async function choosesDesk() {
  await userEvent.click(await screen.findByRole('button', { name: /Headset/ }));
  await userEvent.click(await screen.findByRole('option', { name: 'Desk' }));
}

afterEach(unplugAll);

describe('PrejoinPage', () => {
  it('joins as named, seen and heard, and remembers the name', async () => {
    plugIn();
    const { onJoin } = open();
    expect(screen.getByText('2 people are here.')).toBeTruthy();
    await userEvent.type(screen.getByTestId('prejoin-name'), ' Bob {Enter}');
    expect(onJoin.mock.calls[0]?.[0]).toMatchObject({
      name: 'Bob',
      language: null,
      microphone: true,
      camera: true,
      former: null,
    });
    expect(remembered('name')).toBe('Bob');
  });

  it('joins as Bob left the last call: without captions, through the loudspeaker he chose', async () => {
    plugIn();
    remember('name', 'Bob');
    remember('speaker', 'kitchen');
    wish('captionsOff', true);
    const { onJoin } = open();
    await userEvent.click(screen.getByTestId('prejoin-join'));
    expect(onJoin.mock.calls[0]?.[0]).toMatchObject({ captions: false, devices: { speaker: 'kitchen' } });
  });

  it('asks for a name instead of sending none', async () => {
    plugIn();
    const { onJoin } = open();
    await userEvent.click(screen.getByTestId('prejoin-join'));
    expect(screen.getByText('Type the name that others should see.')).toBeTruthy();
    expect(onJoin).not.toHaveBeenCalled();
  });

  it('shuts the camera for real, and says how Bob will enter', async () => {
    const { tracks } = plugIn();
    remember('name', 'Bob');
    const { onJoin } = open();
    await vi.waitFor(() => expect(tracks).toHaveLength(2));
    await userEvent.click(screen.getByTestId('prejoin-camera'));
    await userEvent.click(screen.getByTestId('prejoin-mic'));
    expect(tracks.every((track) => track.stopped)).toBe(true);
    expect(screen.getByText('You will join muted, with your camera off.')).toBeTruthy();
    await userEvent.click(screen.getByTestId('prejoin-join'));
    expect(onJoin.mock.calls[0]?.[0]).toMatchObject({ microphone: false, camera: false });
  });

  it('stays muted when Bob mutes himself before the browser has opened his microphone', async () => {
    const { tracks, getUserMedia } = plugIn();
    const answer = getUserMedia.getMockImplementation();
    let opened = (): void => undefined;
    const opening = new Promise<void>((resolve) => (opened = resolve));
    getUserMedia.mockImplementation(async (wanted) => {
      await opening;
      return answer?.(wanted) ?? { getTracks: () => [] };
    });
    remember('name', 'Bob');
    const { onJoin } = open();
    await userEvent.click(screen.getByTestId('prejoin-mic'));
    opened();
    await vi.waitFor(() => expect(tracks).toHaveLength(2));
    expect(screen.getByTestId('prejoin-mic').getAttribute('aria-pressed')).toBe('false');
    await userEvent.click(screen.getByTestId('prejoin-join'));
    expect(onJoin.mock.calls[0]?.[0]).toMatchObject({ microphone: false, camera: true });
  });

  it('stays muted when Bob changes his microphone, and shows his choice', async () => {
    const { tracks, getUserMedia } = plugIn();
    remember('name', 'Bob');
    const { onJoin } = open();
    await vi.waitFor(() => expect(tracks).toHaveLength(2));
    await userEvent.click(screen.getByTestId('prejoin-mic'));
    await choosesDesk();
    expect([getUserMedia.mock.calls.length, remembered('microphone')]).toEqual([1, 'desk']);
    expect(screen.getByRole('button', { name: /Desk/ })).toBeTruthy();
    await userEvent.click(screen.getByTestId('prejoin-join'));
    expect(onJoin.mock.calls[0]?.[0]).toMatchObject({ microphone: false });
  });

  it('lets go of the microphone before when another does not open', async () => {
    const refuse: Refusal = {};
    const { tracks } = plugIn(refuse);
    open();
    await vi.waitFor(() => expect(tracks).toHaveLength(2));
    refuse.microphone = 'NotReadableError';
    await choosesDesk();
    expect(await screen.findByText(/Another program is using the microphone/)).toBeTruthy();
    expect(tracks.map((track) => [track.kind, track.stopped])).toEqual([
      ['audio', true],
      ['video', false],
    ]);
  });

  it('turns to another camera when Bob’s is unplugged, and says when there is none', async () => {
    const refuse: Refusal = {};
    const { tracks } = plugIn(refuse);
    open();
    await screen.findByRole('meter');
    act(() => void tracks[1]?.dispatchEvent(new Event('ended')));
    await vi.waitFor(() => expect(tracks).toHaveLength(3));
    await vi.waitFor(() => expect(document.querySelector('video')).toBeTruthy());
    expect(screen.getByTestId('prejoin-camera').getAttribute('aria-pressed')).toBe('true');
    refuse.camera = 'NotFoundError';
    act(() => void tracks[2]?.dispatchEvent(new Event('ended')));
    expect((await screen.findAllByText(/No camera was found/)).length).toBeGreaterThan(0);
    expect(screen.getByTestId('prejoin-camera').getAttribute('aria-pressed')).toBe('false');
  });

  it('wakes the meter on the first press, where the browser let it sleep', async () => {
    const { resume } = plugInMeter();
    plugIn();
    open();
    await screen.findByRole('meter');
    const before = resume.mock.calls.length;
    await userEvent.click(document.body);
    expect([before, resume.mock.calls.length]).toEqual([1, 2]);
  });

  it('keeps the microphone where only the camera is missing', async () => {
    plugIn({ camera: 'NotFoundError' });
    open();
    expect((await screen.findAllByText(/No camera was found/)).length).toBeGreaterThan(0);
    expect(screen.getByTestId('prejoin-mic').getAttribute('aria-pressed')).toBe('true');
    expect(screen.getByTestId('prejoin-camera').getAttribute('aria-pressed')).toBe('false');
  });

  it('shows where to click when the browser blocks both', async () => {
    plugIn({ camera: 'NotAllowedError', microphone: 'NotAllowedError' });
    remember('name', 'Bob');
    const { onJoin } = open();
    expect(await screen.findByText('Your browser blocks camera or microphone')).toBeTruthy();
    await userEvent.click(screen.getByTestId('prejoin-join'));
    expect(onJoin.mock.calls[0]?.[0]).toMatchObject({ microphone: false, camera: false });
  });

  it('starts by itself when Bob allows his camera in the address bar', async () => {
    const refuse: Refusal = { camera: 'NotAllowedError' };
    plugIn(refuse);
    const camera = Object.assign(new EventTarget(), { state: 'denied' });
    const query = async ({ name }: { name: string }) =>
      name === 'camera' ? camera : Object.assign(new EventTarget(), { state: 'granted' });
    Object.defineProperty(navigator, 'permissions', { value: { query }, configurable: true });
    open();
    expect(await screen.findByText('Your browser blocks camera or microphone')).toBeTruthy();
    expect(screen.getByRole('button', { name: /Blocked.*Camera|Camera.*Blocked/ })).toBeTruthy();
    delete refuse.camera;
    camera.state = 'granted';
    act(() => void camera.dispatchEvent(new Event('change')));
    await vi.waitFor(() => expect(document.querySelector('video')).toBeTruthy());
    expect(screen.queryByText('Your browser blocks camera or microphone')).toBeNull();
    expect(screen.getByTestId('prejoin-camera').getAttribute('aria-pressed')).toBe('true');
    Reflect.deleteProperty(navigator, 'permissions');
  });

  it('tells a missing device from a blocked one', async () => {
    plugIn({ camera: 'NotAllowedError', microphone: 'NotReadableError' });
    open();
    expect(await screen.findByRole('button', { name: /Blocked/ })).toBeTruthy();
    expect(screen.queryByText('None found')).toBeNull();
  });

  it('goes on without a meter where the browser processes no sound', async () => {
    plugIn();
    const refuse = () => {
      throw new DOMException('', 'NotSupportedError');
    };
    vi.stubGlobal('AudioContext', refuse);
    open();
    expect(await screen.findByRole('meter')).toBeTruthy();
    await userEvent.click(screen.getByTestId('prejoin-sound'));
    expect(await screen.findByText(/No sound could be played/)).toBeTruthy();
  });

  it('explains a page without TLS and still lets Bob listen', async () => {
    unplugAll();
    remember('name', 'Bob');
    const { onJoin } = open();
    expect(await screen.findByText('No camera or microphone on this page')).toBeTruthy();
    await userEvent.click(screen.getByTestId('prejoin-join'));
    expect(onJoin).toHaveBeenCalledOnce();
  });

  it('lets go of the devices when Bob turns away', async () => {
    const { tracks } = plugIn();
    const { unmount } = open();
    await vi.waitFor(() => expect(tracks).toHaveLength(2));
    unmount();
    await vi.waitFor(() => expect(tracks.map((track) => track.stopped)).toEqual([true, true]));
  });

  it('announces the transcript, and that nothing is written where recognition is off', async () => {
    plugIn();
    const { unmount } = open();
    expect(screen.getByText('A transcript is kept')).toBeTruthy();
    unmount();
    open({}, { ...config.captions, available: false });
    expect(await screen.findByText(/speech recognition is off on this server/)).toBeTruthy();
    expect(screen.queryByText('A transcript is kept')).toBeNull();
  });

  it('announces none where none is kept', () => {
    plugIn();
    for (const transcript of ['off', 'ask'] as const) {
      const { unmount } = open({ transcript, transcript_kept: false });
      expect(screen.queryByText('A transcript is kept')).toBeNull();
      unmount();
    }
  });

  it('announces one that starts with the meeting', () => {
    plugIn();
    open({ transcript: 'on', transcript_kept: false });
    expect(screen.getByText('A transcript is kept')).toBeTruthy();
  });

  it('is accessible', async () => {
    plugIn({ camera: 'NotAllowedError' });
    const { container } = open();
    await screen.findByText('Your browser blocks camera or microphone');
    expect(await violations(container)).toEqual([]);
  });
});
