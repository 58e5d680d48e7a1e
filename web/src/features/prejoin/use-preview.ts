/** Opens camera and microphone for the pre-join screen, one without the other where only one is to be had. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { type Device, type DeviceKind, type DeviceProblem, devicesOf, problemOf } from '../../call/devices';
import { remember, remembered } from './preferences';

type Kind = 'camera' | 'microphone';

interface Source {
  track: MediaStreamTrack | null;
  problem: DeviceProblem | null;
  isOn: boolean;
}

export interface Preview {
  camera: Source;
  microphone: Source;
  devices: Record<DeviceKind, Device[]>;
  toggle(kind: Kind, on: boolean): void;
  choose(kind: Kind, deviceId: string): void;
}

const CLOSED: Source = { track: null, problem: null, isOn: true };
const NO_DEVICES: Preview['devices'] = { audioinput: [], videoinput: [], audiooutput: [] };

export function usePreview(): Preview {
  const [sources, setSources] = useState<Record<Kind, Source>>({ camera: CLOSED, microphone: CLOSED });
  const [devices, setDevices] = useState(NO_DEVICES);
  const tracks = useRef(new Map<Kind, MediaStreamTrack>());
  const gone = useRef(false);
  // A device may take seconds to open; who switches it off meanwhile must not be heard or seen.
  const wanted = useRef<Record<Kind, boolean>>({ camera: true, microphone: true });

  const keep = useCallback((kind: Kind, track: MediaStreamTrack) => {
    if (gone.current || !wanted.current[kind]) return track.stop();
    tracks.current.get(kind)?.stop();
    tracks.current.set(kind, track);
    setSources((all) => ({ ...all, [kind]: { track, problem: null, isOn: true } }));
  }, []);

  const open = useCallback(
    async (kinds: Kind[]) => {
      try {
        const stream = await capture(kinds);
        for (const track of stream.getTracks()) keep(track.kind === 'video' ? 'camera' : 'microphone', track);
      } catch (cause) {
        // Asked for both, browsers refuse both for the lack of one.
        if (kinds.length > 1) return void (await Promise.all(kinds.map((kind) => open([kind]))));
        const problem = problemOf(cause);
        for (const kind of kinds)
          setSources((all) => ({ ...all, [kind]: { track: null, problem, isOn: false } }));
      }
      setDevices(await listDevices());
    },
    [keep],
  );

  useEffect(() => {
    gone.current = false;
    const opened = tracks.current;
    void open(['camera', 'microphone']);
    const relist = () => void listDevices().then(setDevices);
    navigator.mediaDevices?.addEventListener('devicechange', relist);
    return () => {
      gone.current = true;
      for (const track of opened.values()) track.stop();
      opened.clear();
      navigator.mediaDevices?.removeEventListener('devicechange', relist);
    };
  }, [open]);

  const toggle = (kind: Kind, on: boolean) => {
    wanted.current[kind] = on;
    if (on) return void open([kind]);
    tracks.current.get(kind)?.stop();
    tracks.current.delete(kind);
    setSources((all) => ({ ...all, [kind]: { track: null, problem: null, isOn: false } }));
  };
  const choose = (kind: Kind, deviceId: string) => {
    remember(kind, deviceId);
    wanted.current[kind] = true;
    void open([kind]);
  };
  return { ...sources, devices, toggle, choose };
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
