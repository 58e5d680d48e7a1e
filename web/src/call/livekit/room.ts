/** The real room: LiveKit's client behind `RoomPort`. Nothing else in the call imports livekit-client. */
import {
  ConnectionError,
  DefaultReconnectPolicy,
  DisconnectReason,
  RoomEvent as Event,
  type Participant,
  Room,
  type RoomOptions,
  ScreenSharePresets,
  type TextStreamReader,
} from 'livekit-client';
import { Problem } from '../../api/problem';
import type { CaptionUpdate } from '../captions/captions';
import type { RoomEvent, RoomPort, RoomState } from '../link';
import { LIBRARY_RETRIES_MS } from '../repair';
import { listenToOwnTracks } from './own-tracks';
import { peopleOf } from './people';

const CAPTIONS_TOPIC = 'lk.transcription';
const CAPTIONS_STATUS_TOPIC = 'visio.captions';
const LANGUAGE_ATTRIBUTE = 'visio.language';
/** On each caption of the server, which refuses streams with an attribute of this kind from anybody else. */
const CERTAIN_CHARS_ATTRIBUTE = 'visio.certain_chars';
/** LiveKit's number for data in the clear: the server cannot read, and so not refuse, what is encrypted. */
const IN_THE_CLEAR = 0;

export const ROOM_OPTIONS: RoomOptions = {
  adaptiveStream: true,
  dynacast: true,
  reconnectPolicy: new DefaultReconnectPolicy(LIBRARY_RETRIES_MS),
  audioCaptureDefaults: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
};

/** Everything after which the people on stage may look different. */
const REDRAWS = [
  Event.ParticipantConnected,
  Event.ParticipantDisconnected,
  Event.ParticipantNameChanged,
  Event.TrackPublished,
  Event.TrackUnpublished,
  Event.TrackSubscribed,
  Event.TrackUnsubscribed,
  Event.TrackMuted,
  Event.TrackUnmuted,
  Event.LocalTrackPublished,
  Event.LocalTrackUnpublished,
  Event.ActiveSpeakersChanged,
  Event.ConnectionQualityChanged,
  Event.AudioPlaybackStatusChanged,
] as const;

export function openLiveKitRoom(room = new Room(ROOM_OPTIONS)): RoomPort {
  return {
    listen: (listener) => listenTo(room, listener),
    connect: (url, token) => connect(room, url, token),
    leave: () => room.disconnect(),
    state: () => stateOf(room),
    setMicrophone: async (on, deviceId) => {
      await room.localParticipant.setMicrophoneEnabled(on, deviceId ? { deviceId } : undefined);
    },
    setCamera: async (on, deviceId) => {
      await room.localParticipant.setCameraEnabled(on, deviceId ? { deviceId } : undefined);
    },
    setScreenShare: (on) => setScreenShare(room, on),
    switchDevice: async (kind, deviceId) => {
      await room.switchActiveDevice(kind, deviceId);
    },
    setLanguage: (language) => room.localParticipant.setAttributes({ [LANGUAGE_ATTRIBUTE]: language ?? '' }),
    unblockSound: () => room.startAudio(),
  };
}

function listenTo(room: Room, listener: (event: RoomEvent) => void): void {
  for (const event of REDRAWS) room.on(event, () => listener({ kind: 'changed' }));
  room
    .on(Event.SignalReconnecting, () => listener({ kind: 'line-broken' }))
    .on(Event.Reconnecting, () => listener({ kind: 'line-broken' }))
    .on(Event.Reconnected, () => listener({ kind: 'line-mended' }))
    .on(Event.Disconnected, (reason) => listener({ kind: 'disconnected', reason: reasonName(reason) }))
    .on(Event.ParticipantConnected, (person) => listener(passage('joined', person)))
    .on(Event.ParticipantDisconnected, (person) => listener(passage('left', person)));
  listenToOwnTracks(room, listener);
  room.on(Event.DataReceived, (payload, sender, _kind, topic) => {
    // Only the server speaks of its own state: what a participant sends names its sender.
    if (topic !== CAPTIONS_STATUS_TOPIC || sender) return;
    listener({ kind: 'captions-late', late: isBehind(payload) });
  });
  room.registerTextStreamHandler(CAPTIONS_TOPIC, (reader, { identity }) => {
    void readCaption(room, reader, identity).then((caption) => {
      if (caption) listener({ kind: 'caption', caption });
    });
  });
}

async function connect(room: Room, url: string, token: string): Promise<void> {
  try {
    await room.connect(url, token, { maxRetries: 0 });
  } catch (cause) {
    if (!(cause instanceof ConnectionError)) throw cause;
    throw new Problem(`signal_${cause.reasonName.toLowerCase()}`, refusedStatus(cause), cause.message);
  }
}

function stateOf(room: Room): RoomState {
  return {
    people: peopleOf(room),
    speaking: room.activeSpeakers.map((person) => person.identity),
    soundBlocked: !room.canPlaybackAudio,
  };
}

async function setScreenShare(room: Room, on: boolean): Promise<void> {
  await room.localParticipant.setScreenShareEnabled(on, {
    audio: true,
    // Shared screens are mostly text: keep it sharp and let the frame rate give way.
    contentHint: 'text',
    resolution: ScreenSharePresets.h1080fps15.resolution,
    surfaceSwitching: 'include',
    selfBrowserSurface: 'exclude',
  });
}

/**
 * Each update of a line is a stream of its own that carries the whole text so far. An agent may send such
 * streams too: what it says that others said is not the server's word, and not shown.
 */
async function readCaption(
  room: Room,
  reader: TextStreamReader,
  identity: string,
): Promise<CaptionUpdate | null> {
  const attributes = reader.info.attributes ?? {};
  const segment = attributes['lk.segment_id'];
  const certain = attributes[CERTAIN_CHARS_ATTRIBUTE];
  const clear = reader.info.encryptionType === IN_THE_CLEAR;
  const text = await reader.readAll().catch(() => null);
  if (!clear || segment === undefined || certain === undefined || text === null) return null;
  const name = room.getParticipantByIdentity(identity)?.name ?? '';
  const language = attributes[LANGUAGE_ATTRIBUTE] || undefined;
  const final = attributes['lk.transcription_final'] === 'true';
  return { segment, identity, name, text, language, certain: Number(certain), final };
}

function isBehind(payload: Uint8Array): boolean {
  return new TextDecoder().decode(payload) === '{"behind":true}';
}

function passage(kind: 'joined' | 'left', { identity, name }: Participant): RoomEvent {
  return { kind, identity, name: name ?? '' };
}

function reasonName(reason: DisconnectReason | undefined): string | undefined {
  return reason === undefined ? undefined : DisconnectReason[reason];
}

/** Only a refusal of the token is final; every other failure on the way in is the line's or the server's. */
function refusedStatus(error: ConnectionError): number {
  return error.reasonName === 'NotAllowed' ? (error.status ?? 401) : 0;
}
