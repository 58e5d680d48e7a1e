//! Taps: what is said into a microphone goes to the transcription, with who says it.

use crate::effect::{Effect, SpeakerInfo};
use crate::identity::{ParticipantId, TrackId};
use crate::meeting::Meeting;
use crate::participant::Participant;
use crate::track::{MediaKind, Source, TrackInfo};
use visio_protocol::data::LANGUAGE_ATTRIBUTE;

impl Meeting {
    pub(crate) fn open_tap(&mut self, id: ParticipantId, track: TrackId) {
        let Some(participant) = self.present(id) else {
            return;
        };
        let Some(published) = participant.tracks.get(&track) else {
            debug_assert!(false, "{track:?} went live and is not published");
            return;
        };
        if self.config.transcribe && is_speech(&published.info) {
            let speaker = speaker_info(participant, &published.info);
            self.effects.push_back(Effect::OpenTap {
                participant: id,
                track,
                speaker,
            });
        }
    }

    /// A name or a language changed: the transcription learns of it.
    pub(crate) fn update_taps(&mut self, id: ParticipantId) {
        let Some(participant) = self.present(id) else {
            return;
        };
        if !self.config.transcribe {
            return;
        }
        let spoken = participant
            .live_tracks()
            .filter(|(_, track)| is_speech(&track.info));
        let updates: Vec<_> = spoken
            .map(|(track, published)| Effect::UpdateTap {
                track,
                speaker: speaker_info(participant, &published.info),
            })
            .collect();
        self.effects.extend(updates);
    }
}

/// Only microphones carry what somebody in the meeting says, and only in the clear.
pub(crate) fn is_speech(info: &TrackInfo) -> bool {
    info.kind == MediaKind::Audio && info.source != Source::ScreenShareAudio && info.encryption == 0
}

fn speaker_info(participant: &Participant, info: &TrackInfo) -> SpeakerInfo {
    SpeakerInfo {
        identity: participant.identity.clone(),
        name: participant.name.clone(),
        track: info.sid.clone(),
        language: participant
            .attributes
            .get(LANGUAGE_ATTRIBUTE)
            .filter(|language| !language.is_empty())
            .cloned(),
    }
}
