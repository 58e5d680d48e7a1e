//! About how much memory a notice takes while it waits for a slow client.

use crate::notice::Notice;
use crate::participant::ParticipantView;

/// A view or a notice without its texts.
const FIXED_BYTES: usize = 512;

/// A track with its codecs and layers.
const TRACK_BYTES: usize = 1024;

/// One entry in a list of speakers, qualities or streams.
const ENTRY_BYTES: usize = 128;

impl Notice {
    #[must_use]
    pub fn weight_bytes(&self) -> usize {
        let views = |views: &[ParticipantView]| -> usize {
            views.iter().map(ParticipantView::weight_bytes).sum()
        };
        let beside = match self {
            Self::Joined(welcome) => welcome.me.weight_bytes() + views(&welcome.others),
            Self::Resumed { me, .. } => me.weight_bytes(),
            Self::Participants(all) => views(all),
            Self::Room(room) => room.metadata.len(),
            Self::TrackPublished { .. } => TRACK_BYTES,
            Self::Speakers(all) => all.len() * ENTRY_BYTES,
            Self::Quality(all) => all.len() * ENTRY_BYTES,
            Self::StreamState(all) => all.len() * ENTRY_BYTES,
            _ => 0,
        };
        FIXED_BYTES + beside
    }
}

impl ParticipantView {
    fn weight_bytes(&self) -> usize {
        let attributes = self.attributes.iter();
        let attributes: usize = attributes.map(|(key, value)| key.len() + value.len()).sum();
        let texts = self.identity.len() + self.name.len() + self.metadata.len() + attributes;
        FIXED_BYTES + texts + self.tracks.len() * TRACK_BYTES
    }
}
