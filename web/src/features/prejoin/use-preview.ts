/** Opens camera and microphone for the pre-join screen, one without the other where only one is to be had. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { onPermissionGiven } from '../../browser/permissions';
import {
  type Device,
  type DeviceKind,
  type DeviceProblem,
  devicesOf,
  problemOf,
} from '../../call/devices/devices';
import { remember, remembered, rememberedDevices } from '../../me/preferences';

type Kind = 'camera' | 'microphone';
const KINDS: readonly Kind[] = ['camera', 'microphone'];

export interface Source {
  track: MediaStreamTrack | null;
  problem: DeviceProblem | null;
  isOn: boolean;
}

export interface Preview {
  camera: Source;
  microphone: Source;
  devices: Record<DeviceKind, Device[]>;
  chosen: Record<Kind | 'speaker', string | null>;
  toggle(kind: Kind, on: boolean): void;
  choose(kind: Kind | 'speaker', deviceId: string): void;
}

const CLOSED: Source = { track: null, problem: null, isOn: true };
const NO_DEVICES: Preview['devices'] = { audioinput: [], videoinput: [], audiooutput: [] };

export function usePreview(): Preview {
  const [sources, setSources] = useState<Record<Kind, Source>>({ camera: CLOSED, microphone: CLOSED });
  const [devices, relist] = useDeviceList();
  const [chosen, setChosen] = useState(rememberedDevices);
  const tracks = useRef(new Map<Kind, MediaStreamTrack>());
  const gone = useRef(false);
  // A device may take seconds to open; who switches it off meanwhile must not be heard or seen.
  const wanted = useRef<Record<Kind, boolean>>({ camera: true, microphone: true });
  // Counts the openings of each: only the latest is kept, in whatever order they come to an end.
  const turns = useRef<Record<Kind, number>>({ camera: 0, microphone: 0 });

  const show = useCallback((kind: Kind, source: Source) => {
    const before = tracks.current.get(kind);
    if (before !== source.track) before?.stop();
    if (source.track) tracks.current.set(kind, source.track);
    else tracks.current.delete(kind);
    setSources((all) => ({ ...all, [kind]: source }));
  }, []);

  const open = useCallback(
    async (kinds: Kind[]): Promise<void> => {
      for (const kind of kinds) turns.current[kind] += 1;
      const turn = { ...turns.current };
      const awaited = (kind: Kind) =>
        !gone.current && wanted.current[kind] && turn[kind] === turns.current[kind];
      const keep = (kind: Kind, track: MediaStreamTrack) => {
        if (!awaited(kind)) return track.stop();
        show(kind, { track, problem: null, isOn: true });
        track.addEventListener('ended', () => {
          if (tracks.current.get(kind) !== track) return;
          // Unplugged: there may be another, and if not, the failure to open one says so.
          show(kind, CLOSED);
          void open([kind]);
        });
      };
      try {
        const stream = await capture(kinds);
        for (const track of stream.getTracks()) keep(track.kind === 'video' ? 'camera' : 'microphone', track);
      } catch (cause) {
        const still = kinds.filter(awaited);
        // Asked for both, browsers refuse both for the lack of one.
        if (kinds.length > 1) return void (await Promise.all(still.map((kind) => open([kind]))));
        for (const kind of still) show(kind, { track: null, problem: problemOf(cause), isOn: false });
      }
      await relist();
    },
    [show, relist],
  );

  useEffect(() => {
    gone.current = false;
    const opened = tracks.current;
    void open([...KINDS]);
    return () => {
      gone.current = true;
      for (const track of opened.values()) track.stop();
      opened.clear();
    };
  }, [open]);

  useEffect(
    () =>
      onceAllowed((kind) => {
        if (wanted.current[kind] && !tracks.current.has(kind)) void open([kind]);
      }),
    [open],
  );

  const toggle = (kind: Kind, on: boolean) => {
    wanted.current[kind] = on;
    if (on) void open([kind]);
    else show(kind, { track: null, problem: null, isOn: false });
  };
  const choose = (kind: Kind | 'speaker', deviceId: string) => {
    remember(kind, deviceId);
    setChosen(rememberedDevices());
    // Which one is no wish to be heard: who is muted stays so.
    if (kind !== 'speaker' && wanted.current[kind]) void open([kind]);
  };
  return { ...sources, devices, chosen, toggle, choose };
}

/** What is plugged in, and how to look again: names appear only after the first permission. */
function useDeviceList(): [Preview['devices'], () => Promise<void>] {
  const [devices, setDevices] = useState(NO_DEVICES);
  const relist = useCallback(async () => setDevices(await listDevices()), []);
  useEffect(() => {
    const changed = () => void relist();
    navigator.mediaDevices?.addEventListener('devicechange', changed);
    return () => navigator.mediaDevices?.removeEventListener('devicechange', changed);
  }, [relist]);
  return [devices, relist];
}

/** Allowed in the address bar while the page waits: neither a reload nor a press is asked for. */
function onceAllowed(start: (kind: Kind) => void): () => void {
  const stops = KINDS.map((kind) => onPermissionGiven(kind, () => start(kind)));
  return () => {
    for (const stop of stops) stop();
  };
}

async function capture(kinds: Kind[]): Promise<MediaStream> {
  const wanted = (kind: Kind) => {
    const deviceId = remembered(kind);
    // Not `exact`: a headset left at home must not mean no microphone at all.
    return kinds.includes(kind) && (deviceId === null ? true : { deviceId: { ideal: deviceId } });
  };
  return navigator.mediaDevices.getUserMedia({ audio: wanted('microphone'), video: wanted('camera') });
}

async function listDevices(): Promise<Preview['devices']> {
  const all = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
  return {
    audioinput: devicesOf(all, 'audioinput'),
    videoinput: devicesOf(all, 'videoinput'),
    audiooutput: devicesOf(all, 'audiooutput'),
  };
}
