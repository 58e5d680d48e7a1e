/** A stand-in for LiveKit's Room, with just what the adapter touches. */
import { Track } from 'livekit-client';
import { vi } from 'vitest';

type Listener = (...args: never[]) => void;
interface FakePublication {
  source: string;
  isMuted: boolean;
  videoTrack?: object;
  audioTrack?: object;
  track?: FakeTrack;
}

export function publication(more: Partial<FakePublication> = {}): FakePublication {
  return { source: Track.Source.Microphone, isMuted: false, ...more };
}

export function participant(name: string, tracks: Record<string, FakePublication> = {}, isLocal = false) {
  const sounds = Object.entries(tracks).filter(([, track]) => track.audioTrack);
  return {
    identity: name.toLowerCase(),
    name,
    attributes: {} as Record<string, string>,
    isLocal,
    isMicrophoneEnabled: true,
    isSpeaking: false,
    connectionQuality: 'good',
    audioTrackPublications: new Map(sounds),
    getTrackPublication: (source: string) => tracks[source],
    setMicrophoneEnabled: vi.fn(async () => {}),
    setCameraEnabled: vi.fn(async () => {}),
    setScreenShareEnabled: vi.fn(async (_on: boolean, _options: object) => {}),
    setAttributes: vi.fn(async () => {}),
    publishData: vi.fn(async (_data: Uint8Array, _options: object) => {}),
  };
}

/** A text stream as LiveKit hands it over; an error breaks it off while it is read. */
export function textStream(text: string | Error, attributes: Record<string, string>, encryptionType = 0) {
  const readAll = async () => {
    if (text instanceof Error) throw text;
    return text;
  };
  return { info: { attributes, encryptionType }, readAll };
}

class FakeEmitter {
  #listeners = new Map<string, Listener[]>();

  on(event: string, listener: Listener): this {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
    return this;
  }

  emit(event: string, ...args: unknown[]): void {
    for (const listener of this.#listeners.get(event) ?? []) listener(...(args as never[]));
  }
}

/** One's own track: tells when its device ends and when the library opens another for it. */
export class FakeTrack extends FakeEmitter {
  mediaStreamTrack = { label: '' };
}

export class FakeLiveKitRoom extends FakeEmitter {
  /** What its one connection counts. */
  readonly pair = { type: 'candidate-pair', bytesReceived: 0, responsesReceived: 0 };
  readonly engine = Object.assign(new FakeEmitter(), {
    pcManager: { publisher: { getStats: async () => new Map([['pair', this.pair]]) } },
  });
  readonly localParticipant = participant('Alice', {}, true);
  readonly remoteParticipants = new Map<string, ReturnType<typeof participant>>();
  readonly connect = vi.fn(async () => {});
  readonly disconnect = vi.fn(async () => {});
  readonly simulateScenario = vi.fn(async (_scenario: string) => {});
  readonly options = {};
  activeSpeakers: ReturnType<typeof participant>[] = [];
  canPlaybackAudio = true;
  #streams = new Map<string, Listener>();

  registerTextStreamHandler(topic: string, handler: Listener): void {
    this.#streams.set(topic, handler);
  }

  stream(topic: string, reader: ReturnType<typeof textStream>, identity: string): void {
    this.#streams.get(topic)?.(...([reader, { identity }] as never[]));
  }

  getParticipantByIdentity(identity: string) {
    return this.remoteParticipants.get(identity);
  }
}
