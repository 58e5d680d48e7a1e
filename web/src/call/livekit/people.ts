/** Reads LiveKit's participants and tracks as the plain people of `link.ts`. */
import {
  ConnectionQuality,
  type Participant,
  type RemoteAudioTrack,
  type Room,
  Track,
  type TrackPublication,
  type VideoTrack,
} from 'livekit-client';
import type { LinkQuality, Person, Picture, Sound } from '../link';

/** The server lets nobody set it but itself. */
const LOOKALIKE_ATTRIBUTE = 'visio.lookalike';

export function peopleOf(room: Room): Person[] {
  return [room.localParticipant, ...room.remoteParticipants.values()].map(personOf);
}

function personOf(participant: Participant): Person {
  return {
    identity: participant.identity,
    name: participant.name ?? '',
    isLookalike: participant.attributes[LOOKALIKE_ATTRIBUTE] === 'true',
    isSelf: participant.isLocal,
    microphoneOn: participant.isMicrophoneEnabled,
    camera: pictureOf(participant.getTrackPublication(Track.Source.Camera)),
    screen: pictureOf(participant.getTrackPublication(Track.Source.ScreenShare)),
    sounds: participant.isLocal ? [] : soundsOf(participant),
    quality: qualityOf(participant.connectionQuality),
  };
}

// One object per track, so that an element is attached again only when the track is another.
const pictures = new WeakMap<VideoTrack, Picture>();
const sounds = new WeakMap<RemoteAudioTrack, Sound>();

function pictureOf(publication: TrackPublication | undefined): Picture | null {
  const track = publication?.videoTrack;
  if (!track || publication.isMuted) return null;
  const known = pictures.get(track);
  if (known) return known;
  const picture: Picture = {
    id: track.mediaStreamID,
    attach: (element) => {
      track.attach(element);
      return () => track.detach(element);
    },
  };
  pictures.set(track, picture);
  return picture;
}

function soundsOf(participant: Participant): Sound[] {
  return [...participant.audioTrackPublications.values()].flatMap((publication) => {
    const track = publication.audioTrack;
    return track ? [soundOf(track as RemoteAudioTrack)] : [];
  });
}

function soundOf(track: RemoteAudioTrack): Sound {
  const known = sounds.get(track);
  if (known) return known;
  const sound: Sound = {
    id: track.mediaStreamID,
    attach: (element) => {
      track.attach(element);
      return () => track.detach(element);
    },
  };
  sounds.set(track, sound);
  return sound;
}

function qualityOf(quality: ConnectionQuality): LinkQuality {
  if (quality === ConnectionQuality.Poor) return 'poor';
  return quality === ConnectionQuality.Lost ? 'lost' : 'good';
}
