/** What the call needs of a room, so that its rules run without WebRTC; `livekit/room.ts` is the real one. */
import type { CaptionUpdate } from './captions/captions';
import type { DeviceKind } from './devices/devices';

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

export type LineQuality = 'good' | 'poor' | 'lost';

export interface Person {
  identity: string;
  name: string;
  isSelf: boolean;
  microphoneOn: boolean;
  camera: Picture | null;
  screen: Picture | null;
  sounds: readonly Sound[];
  speaking: boolean;
  quality: LineQuality;
}

export interface RoomState {
  /** Everyone, oneself included. */
  people: readonly Person[];
  /** Who speaks at this moment, loudest first. */
  speaking: readonly string[];
  /** The browser plays nothing until the person clicks once. */
  soundBlocked: boolean;
}

/** What the person sends: a microphone or a camera. */
export type OwnDevice = Exclude<DeviceKind, 'audiooutput'>;

export type RoomEvent =
  | { kind: 'changed' }
  | { kind: 'line-broken' }
  | { kind: 'line-mended' }
  | { kind: 'disconnected'; reason: string | undefined }
  | { kind: 'caption'; caption: CaptionUpdate }
  /** The server cannot keep up with what is said, or keeps up again. */
  | { kind: 'captions-late'; late: boolean }
  | { kind: 'joined' | 'left'; identity: string; name: string }
  /** One's own microphone or camera went mute, by whoever's hand. */
  | { kind: 'self-muted'; device: OwnDevice }
  /** One's own device went away, and there is no other. */
  | { kind: 'device-gone'; device: OwnDevice }
  /** One's own device went away, and the browser turned to another. */
  | { kind: 'device-replaced'; device: OwnDevice; label: string };

export interface RoomPort {
  /** Every later event goes to this one listener. */
  listen(listener: (event: RoomEvent) => void): void;
  connect(url: string, token: string): Promise<void>;
  leave(): Promise<void>;
  state(): RoomState;
  /** Throws the browser's error where the device gives nothing. */
  setMicrophone(on: boolean, deviceId: string | null): Promise<void>;
  setCamera(on: boolean, deviceId: string | null): Promise<void>;
  setScreenShare(on: boolean): Promise<void>;
  switchDevice(kind: DeviceKind, deviceId: string): Promise<void>;
  setLanguage(language: string | null): Promise<void>;
  unblockSound(): Promise<void>;
}
