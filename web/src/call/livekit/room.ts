/** The real room: LiveKit's client behind `Link`. */
import { Room, type RoomOptions, ScreenSharePresets, Track } from 'livekit-client';
import type { Link, RoomState } from '../link';
import { connect } from './connect';
import { listenTo } from './events';
import { peopleOf } from './people';
import { Retries } from './retries';
import { listenToTopic } from './topics';

export const roomOptions = (): RoomOptions => ({
  adaptiveStream: true,
  dynacast: true,
  reconnectPolicy: new Retries(),
  audioCaptureDefaults: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
});

export function openLiveKitRoom(room = new Room(roomOptions())): Link {
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

function stateOf(room: Room): RoomState {
  return {
    people: peopleOf(room),
    // Whose microphone is off may be loud all the same: by the sound of a shared screen.
    speaking: room.activeSpeakers
      .filter((person) => person.isMicrophoneEnabled)
      .map((person) => person.identity),
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
