/** What is drawn again when something happens: no more than what it concerns. */
import { act, fireEvent, screen } from '@testing-library/react';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import type { RoomState } from '../../api/requests';
import { CallSession } from '../../call/session';
import { FakeRoom } from '../../call/testing/fake-room';
import { alice, bob, carol } from '../../call/testing/people';
import { transcriptRequests } from '../../call/testing/transcript';
import { plugIn, unplugAll } from '../../test-devices';
import { renderAt } from '../../test-page';
import type { CallPage as Page } from './CallPage';

const drawn = new Map<string, number>();

/** A module whose component notes each time that it is drawn, for whatever reason. */
function count(path: string, name: string): void {
  vi.doMock(path, async (load) => {
    const module = await load<Record<string, (props: object) => unknown>>();
    const counted = (props: object) => {
      drawn.set(name, (drawn.get(name) ?? 0) + 1);
      return module[name]?.(props);
    };
    return { ...module, [name]: counted };
  });
}

const COUNTED = [
  'CallScreen',
  'bar/ControlBar',
  'bar/TopBar',
  'captions/CaptionArea',
  'stage/Stage',
  'stage/TileView',
];

let CallPage: typeof Page;

/** Says how loud Alice's microphone is. */
let measure = (_level: number): void => {};

// Files share their modules: the counting ones are loaded for this file, and forgotten after it.
beforeAll(async () => {
  vi.resetModules();
  for (const path of COUNTED) count(`./${path}`, path.split('/').at(-1) ?? '');
  vi.doMock('../../call/devices/microphone-level', () => ({
    watchLevel: (_: MediaStreamTrack, onLevel: (level: number) => void) => {
      measure = onLevel;
      return () => {};
    },
  }));
  ({ CallPage } = await import('./CallPage'));
});
afterAll(() => {
  for (const path of COUNTED) vi.doUnmock(`./${path}`);
  vi.doUnmock('../../call/devices/microphone-level');
  vi.resetModules();
});
afterEach(unplugAll);

/** How often captions look whether a line has faded; here time stands still. */
const FADE_CHECK_MS = 500;

async function inCall(microphone = false) {
  plugIn();
  const start = globalThis.setInterval;
  const withoutFading = (run: () => void, ms: number) => (ms === FADE_CHECK_MS ? 0 : start(run, ms));
  vi.stubGlobal('setInterval', withoutFading);
  vi.stubGlobal('fetch', async () =>
    Response.json({ captions: { available: true, reason: null, languages: [] }, lines: [] }),
  );
  const room = new FakeRoom();
  room.people = [alice, bob, carol];
  const options = {
    name: 'Alice',
    language: null,
    microphone,
    camera: false,
    captions: true,
    devices: { microphone: null, camera: null, speaker: null },
    former: null,
  };
  room.transcriptKept = true;
  const session = new CallSession('code', options, {
    join: async () => ({ signal_url: 'ws://x', token: 't', identity: 'alice' }),
    openLink: async () => room,
    transcript: transcriptRequests('tr1'),
  });
  session.start();
  const state: RoomState = {
    code: 'code',
    name: 'Budget',
    transcript: 'off',
    transcript_kept: true,
    participants: 1,
  };
  renderAt('/r/code', <CallPage session={session} room={state} onRejoin={() => {}} onBack={() => {}} />);
  await screen.findByTestId('call-stage');
  await act(() => vi.waitFor(() => expect(screen.getAllByTestId('call-tile')).toHaveLength(3)));
  // What the page asks of the server has come.
  await act(() => new Promise((done) => setTimeout(done, 50)));
  /** What happens, and how often it has each component drawn. */
  return async (happens: (room: FakeRoom) => void) => {
    drawn.clear();
    await act(async () => happens(room));
    return Object.fromEntries(drawn);
  };
}

it('draws only the tile of who begins to speak', async () => {
  const draws = await inCall();
  await draws((room) => {
    room.speaking = ['bob'];
    room.tell({ kind: 'changed' });
  });
  expect(
    await draws((room) => {
      room.speaking = ['bob', 'carol'];
      room.tell({ kind: 'changed' });
    }),
  ).toEqual({ TileView: 1 });
});

it('draws only the captions when somebody says another word', async () => {
  const draws = await inCall();
  await draws((room) => room.say('bob', 'Good', 's1'));
  expect(await draws((room) => room.say('bob', 'Good morning', 's1'))).toEqual({ CaptionArea: 1 });
});

it('shows at the button how loud Alice is to others, and draws nothing again for it', async () => {
  const draws = await inCall(true);
  const ring = () => screen.getByTestId('sent-level').style.getPropertyValue('--level');
  expect(await draws(() => measure(0.62))).toEqual({});
  expect(ring()).toBe('0.62');
  await draws(() => fireEvent.click(screen.getByTestId('call-mic')));
  expect(ring()).toBe('0.00');
});

it('draws nothing at all for news that changes nothing', async () => {
  const draws = await inCall();
  expect(await draws((room) => room.tell({ kind: 'changed' }))).toEqual({});
});

it('draws the stage when somebody is muted, and leaves bar and captions alone', async () => {
  const draws = await inCall();
  const counts = await draws((room) => {
    room.people = [alice, { ...bob, microphoneOn: false }, carol];
    room.tell({ kind: 'changed' });
  });
  expect(Object.keys(counts).sort()).toEqual(['Stage', 'TileView']);
});
