/** Tells what becomes of one's own microphone and camera: muted by someone, gone, or replaced by another device. */
import {
  RoomEvent as Event,
  type LocalTrack,
  type LocalTrackPublication,
  type Room,
  Track,
  TrackEvent,
} from 'livekit-client';
import { cleanLabel, type OwnDevice } from '../devices/devices';
import type { LinkEvent } from '../link';

export function listenToOwnTracks(room: Room, listener: (event: LinkEvent) => void): void {
  // When a device goes, the library turns to another or else mutes the track: no person did that.
  const gone = new WeakSet<LocalTrack>();
  const known = new WeakSet<LocalTrack>();
  const watch = ({ track, source }: LocalTrackPublication) => {
    const device = deviceOf(source);
    if (!track || !device || known.has(track)) return;
    known.add(track);
    track.on(TrackEvent.Ended, () => gone.add(track));
    track.on(TrackEvent.Restarted, () => {
      const label = cleanLabel(track.mediaStreamTrack.label);
      if (gone.delete(track)) listener({ kind: 'device-replaced', device, label });
    });
  };
  room.on(Event.LocalTrackPublished, watch).on(Event.TrackMuted, ({ source, track }, person) => {
    const device = deviceOf(source);
    if (!person.isLocal || !device) return;
    const isGone = track !== undefined && gone.has(track as LocalTrack);
    listener(isGone ? { kind: 'device-gone', device } : { kind: 'self-muted', device });
  });
}

function deviceOf(source: Track.Source): OwnDevice | null {
  if (source === Track.Source.Microphone) return 'audioinput';
  return source === Track.Source.Camera ? 'videoinput' : null;
}
