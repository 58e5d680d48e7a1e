/** Cameras and microphones for tests: which there are, and what they answer. */
import { vi } from 'vitest';

class FakeTrack extends EventTarget {
  stopped = false;
  constructor(readonly kind: 'audio' | 'video') {
    super();
  }
  stop() {
    this.stopped = true;
  }
}

export type Refusal = { camera?: string; microphone?: string };

/** Puts a desk with camera and microphone into the browser; `refuse` names the error each one throws. */
export function plugIn(refuse: Refusal = {}) {
  const tracks: FakeTrack[] = [];
  const getUserMedia = vi.fn(async ({ audio, video }: MediaStreamConstraints) => {
    const failing = (video && refuse.camera) || (audio && refuse.microphone);
    if (failing) throw new DOMException('', failing);
    const opened = [audio && new FakeTrack('audio'), video && new FakeTrack('video')].filter(
      (track) => !!track,
    );
    tracks.push(...opened);
    return { getTracks: () => opened };
  });
  const listed = [
    { kind: 'audioinput', deviceId: 'mic', label: 'Headset' },
    { kind: 'audioinput', deviceId: 'desk', label: 'Desk' },
    { kind: 'videoinput', deviceId: 'cam', label: 'Webcam' },
  ];
  const mediaDevices = Object.assign(new EventTarget(), {
    getUserMedia,
    enumerateDevices: async () => listed,
  });
  vi.stubGlobal('MediaStream', class {});
  Object.defineProperty(navigator, 'mediaDevices', { value: mediaDevices, configurable: true });
  return { getUserMedia, tracks };
}

/** What a meter listens with; it hears nothing. */
export function plugInMeter() {
  const resume = vi.fn(async () => {});
  const source = { connect: () => {} };
  const analyser = { fftSize: 0, getFloatTimeDomainData: () => {} };
  class Context {
    resume = resume;
    close = async () => {};
    createAnalyser = () => analyser;
    createMediaStreamSource = () => source;
  }
  vi.stubGlobal('AudioContext', Context);
  return { resume };
}

/** A page without TLS: browsers hide the devices altogether. */
export function unplugAll() {
  Object.defineProperty(navigator, 'mediaDevices', { value: undefined, configurable: true });
}
