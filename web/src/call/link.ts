/** What a call needs of a room, so that its rules run without WebRTC; `livekit/room.ts` is the real one. */
import type { DeviceKind, OwnDevice } from './devices/devices';

/** A picture that can be shown in a video element; the same object as long as it is the same track. */
export interface Picture {
  id: string;
  attach(element: HTMLVideoElement): () => void;
}

/** A sound that can be played by an audio element. */
export interface Sound {
  id: string;
  attach(element: HTMLAudioElement): () => void;
}

export type LinkQuality = 'good' | 'poor' | 'lost';

export interface Person {
  identity: string;
  name: string;
  /** The server says that the name looks like that of somebody who had it before. */
  isLookalike: boolean;
  isSelf: boolean;
  microphoneOn: boolean;
  camera: Picture | null;
  screen: Picture | null;
  sounds: readonly Sound[];
  quality: LinkQuality;
}

export interface RoomState {
  /** Everyone, oneself included. */
  people: readonly Person[];
  /** Who speaks at this moment, loudest first. */
  speaking: readonly string[];
  /** The browser plays nothing until the person clicks once. */
  soundBlocked: boolean;
  /** Everybody is told that a transcript is kept. */
  transcriptKept: boolean;
}

/** What becomes of the connection. */
type ConnectionNews =
  /** The server renews the token before it runs out. */
  | { kind: 'token'; token: string }
  | { kind: 'reconnecting' }
  | { kind: 'reconnected' }
  | { kind: 'disconnected'; reason: string | undefined };

/** What happens in the room. */
export type RoomNews =
  /** People, tracks or speakers: read `state` again. */
  | { kind: 'changed' }
  | { kind: 'joined' | 'left'; identity: string; name: string }
  /** One's own microphone or camera was muted, by whomever. */
  | { kind: 'self-muted'; device: OwnDevice }
  /** One's own device went away, and there is no other. */
  | { kind: 'device-gone'; device: OwnDevice }
  /** One's own device went away, and the browser turned to another. */
  | { kind: 'device-replaced'; device: OwnDevice; label: string };

export type LinkEvent = ConnectionNews | RoomNews;

/** A text that came under a topic. */
export interface Message {
  text: string;
  attributes: Readonly<Record<string, string>>;
  /** Who sent it, or null for the server itself. */
  sender: string | null;
}

export interface Link {
  /** Every later event goes to this one listener. */
  listen(listener: (event: LinkEvent) => void): void;
  /** Messages of the topic go to this one listener, be they packets or streams. */
  on(topic: string, listener: (message: Message) => void): void;
  connect(url: string, token: string): Promise<void>;
  leave(): Promise<void>;
  state(): RoomState;
  /** What one's own microphone picks up, also while it is muted; null before it is first opened. */
  microphone(): MediaStreamTrack | null;
  /** Throws the browser's error where the device gives nothing. */
  setMicrophone(on: boolean, deviceId: string | null): Promise<void>;
  setCamera(on: boolean, deviceId: string | null): Promise<void>;
  setScreenShare(on: boolean): Promise<void>;
  switchDevice(kind: DeviceKind, deviceId: string): Promise<void>;
  setAttribute(name: string, value: string): Promise<void>;
  unblockSound(): Promise<void>;
}
