/** The real room: LiveKit's client behind `Link`. */
import {
  ConnectionError,
  ConnectionErrorReason,
  DefaultReconnectPolicy,
  DisconnectReason,
  EngineEvent,
  RoomEvent as Event,
  type Participant,
  Room,
  type RoomOptions,
  ScreenSharePresets,
  Track,
} from 'livekit-client';
import { Problem } from '../../api/problem';
import type { Link, LinkEvent, Message, RoomState } from '../link';
import { LIBRARY_RETRIES_MS } from '../reconnect';
import { listenToOwnTracks } from './own-tracks';
import { peopleOf } from './people';

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
  Event.ParticipantAttributesChanged,
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
  Event.RecordingStatusChanged,
] as const;

export function openLiveKitRoom(room = new Room(ROOM_OPTIONS)): Link {
  return {
    listen: (listener) => listenTo(room, listener),
    on: (topic, listener) => listenToTopic(room, topic, listener),
    connect: (url, token) => connect(room, url, token),
    leave: () => room.disconnect(),
    state: () => stateOf(room),
    microphone: () => {
      const track = room.localParticipant.getTrackPublication(Track.Source.Microphone)?.track;
      return track?.mediaStreamTrack ?? null;
    },
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
    setAttribute: (name, value) => room.localParticipant.setAttributes({ [name]: value }),
    unblockSound: () => room.startAudio(),
  };
}

function listenTo(room: Room, listener: (event: LinkEvent) => void): void {
  for (const event of REDRAWS) room.on(event, () => listener({ kind: 'changed' }));
  room
    .on(Event.SignalReconnecting, () => listener({ kind: 'reconnecting' }))
    .on(Event.Reconnecting, () => listener({ kind: 'reconnecting' }))
    .on(Event.Reconnected, () => listener({ kind: 'reconnected' }))
    .on(Event.Disconnected, (reason) => listener({ kind: 'disconnected', reason: reasonName(reason) }))
    .on(Event.ParticipantConnected, (person) => listener(joinedOrLeft('joined', person)))
    .on(Event.ParticipantDisconnected, (person) => listener(joinedOrLeft('left', person)));
  // The room has no event of its own for it; a link connects once, so the engine stays the same.
  room.engine.on(EngineEvent.TokenRefreshed, (token) => listener({ kind: 'token', token }));
  listenToOwnTracks(room, listener);
}

function listenToTopic(room: Room, topic: string, listener: (message: Message) => void): void {
  room.on(Event.DataReceived, (payload, sender, _kind, packetTopic) => {
    if (packetTopic !== topic) return;
    listener({ text: new TextDecoder().decode(payload), attributes: {}, sender: sender?.identity ?? null });
  });
  room.registerTextStreamHandler(topic, (reader, { identity }) => {
    if (reader.info.encryptionType !== IN_THE_CLEAR) return;
    // One that breaks off says nothing.
    const whole = reader.readAll().catch(() => null);
    void whole.then((text) => {
      if (text !== null)
        listener({ text, attributes: reader.info.attributes ?? {}, sender: identity || null });
    });
  });
}

async function connect(room: Room, url: string, token: string): Promise<void> {
  try {
    await room.connect(url, token, { maxRetries: 0 });
  } catch (cause) {
    if (!(cause instanceof ConnectionError)) throw cause;
    throw new Problem(failureCode(cause), refusedStatus(cause), cause.message);
  }
}

function stateOf(room: Room): RoomState {
  return {
    people: peopleOf(room),
    speaking: room.activeSpeakers.map((person) => person.identity),
    soundBlocked: !room.canPlaybackAudio,
    transcriptKept: room.isRecording,
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

function joinedOrLeft(kind: 'joined' | 'left', { identity, name }: Participant): LinkEvent {
  return { kind, identity, name: name ?? '' };
}

function reasonName(reason: DisconnectReason | undefined): string | undefined {
  return reason === undefined ? undefined : DisconnectReason[reason];
}

/** The reason of the server, where it sent the client away instead of letting it in. */
function failureCode({ reason, reasonName: name, context }: ConnectionError): string {
  const sentAway = reason === ConnectionErrorReason.LeaveRequest;
  return (sentAway && reasonName(context as DisconnectReason | undefined)) || `signal_${name.toLowerCase()}`;
}

/** Only a refusal of the token is final; every other failure on the way in is the connection's or the server's. */
function refusedStatus(error: ConnectionError): number {
  return error.reasonName === 'NotAllowed' ? (error.status ?? 401) : 0;
}
