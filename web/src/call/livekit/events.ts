/** What happens in LiveKit's room, as our events. */
import { EngineEvent, RoomEvent as Event, type Participant, type Room } from 'livekit-client';
import type { LinkEvent } from '../link';
import { reasonName } from './connect';
import { listenToOwnTracks } from './own-tracks';
import { watch } from './watch';

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

export function listenTo(room: Room, listener: (event: LinkEvent) => void): void {
  for (const event of REDRAWS) room.on(event, () => listener({ kind: 'changed' }));
  room
    .on(Event.Disconnected, (reason) => listener({ kind: 'disconnected', reason: reasonName(reason) }))
    .on(Event.ParticipantConnected, (person) => listener(joinedOrLeft('joined', person)))
    .on(Event.ParticipantDisconnected, (person) => listener(joinedOrLeft('left', person)));
  // The room has no event of its own for it; a link connects once, so the engine stays the same.
  room.engine.on(EngineEvent.TokenRefreshed, (token) => listener({ kind: 'token', token }));
  listenToOwnTracks(room, listener);
  watch(room, (isCutOff) => listener({ kind: isCutOff ? 'reconnecting' : 'reconnected' }));
}

function joinedOrLeft(kind: 'joined' | 'left', { identity, name }: Participant): LinkEvent {
  return { kind, identity, name: name ?? '' };
}
