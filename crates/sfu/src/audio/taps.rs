//! Taps of a call's microphones: opened, named and closed as the meeting says.

use crate::audio::tap::{TapEvent, TapId};
use crate::output::Output;
use crate::parts::{Out, Tracks};
use crate::transport::packet::ReceivedPacket;
use std::sync::Arc;
use std::time::Instant;
use visio_meeting::{SpeakerInfo, TrackId};

/// Opens a tap on a track.
pub(crate) fn open(
    tracks: &mut Tracks,
    out: &mut Out,
    track: TrackId,
    tap: TapId,
    opened: TapEvent,
) {
    let Some(publication) = tracks.get_mut(track) else {
        debug_assert!(false, "a tap is opened on a track that is there");
        return;
    };
    publication.tap = Some(tap);
    out.tap(opened);
}

/// A name or a language changed.
pub(crate) fn update(tracks: &Tracks, out: &mut Out, track: TrackId, speaker: SpeakerInfo) {
    if let Some(tap) = tracks.get(track).and_then(|publication| publication.tap) {
        out.tap(TapEvent::Updated { tap, speaker });
    }
}

pub(crate) fn close(tracks: &mut Tracks, out: &mut Out, track: TrackId) {
    let publication = tracks.get_mut(track);
    if let Some(tap) = publication.and_then(|publication| publication.tap.take()) {
        out.tap(TapEvent::Closed { tap });
    }
}

/// A frame of a track that is tapped.
pub(crate) fn packet(
    now: Instant,
    out: &mut Out,
    tap: TapId,
    packet: &ReceivedPacket,
    payload: Arc<[u8]>,
) {
    out.tap(TapEvent::Packet {
        tap,
        sequence: packet.sequence,
        timestamp: packet.timestamp,
        received: now,
        payload,
    });
}

/// For a call that cannot go on: what was still to be said of its taps, and their end.
pub(crate) fn close_all(tracks: &Tracks, out: &mut Out) -> Vec<Output> {
    let waiting = std::mem::take(&mut out.outputs);
    let mut last: Vec<Output> = waiting
        .into_iter()
        .filter(|output| matches!(output, Output::Tap(_)))
        .collect();
    let open = tracks.iter().filter_map(|(_, publication)| publication.tap);
    last.extend(open.map(|tap| Output::Tap(TapEvent::Closed { tap })));
    last
}
