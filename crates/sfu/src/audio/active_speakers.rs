//! Who speaks: audio levels (RFC 6464) smoothed into a short list, loudest first.

use std::collections::BTreeMap;
use std::time::Duration;
use visio_meeting::ParticipantId;

/// How often the list is published.
pub(crate) const SPEAKERS_INTERVAL: Duration = Duration::from_millis(300);

/// Louder than that counts as speech, in dB below overload (RFC 6464: 0 loudest, 127 silence).
const SPEECH_DBOV: u8 = 40;

/// Share of a window's packets that must carry speech, in percent: a click is no speaker.
const SPEECH_SHARE_PERCENT: u32 = 30;

/// Who spoke in one of so many windows spoke lately: five seconds.
const LATELY_WINDOWS: u8 = 17;

/// A smaller change of loudness is not published.
const LEVEL_STEP: f32 = 0.05;

/// Measures everybody and says who speaks.
#[derive(Debug, Default)]
pub(crate) struct ActiveSpeakers {
    windows: BTreeMap<ParticipantId, Window>,
    published: BTreeMap<ParticipantId, f32>,
    /// For how many more windows somebody counts as one who spoke lately.
    lately: BTreeMap<ParticipantId, u8>,
}

#[derive(Debug, Default)]
struct Window {
    packets: u32,
    speech: u32,
    loudest: Option<u8>,
}

impl ActiveSpeakers {
    /// Notes the level of one packet, in dB below overload.
    pub(crate) fn note(&mut self, speaker: ParticipantId, dbov: u8) {
        let window = self.windows.entry(speaker).or_default();
        window.packets += 1;
        window.speech += u32::from(dbov <= SPEECH_DBOV);
        window.loudest = Some(window.loudest.map_or(dbov, |loudest| loudest.min(dbov)));
    }

    pub(crate) fn forget(&mut self, speaker: ParticipantId) {
        self.windows.remove(&speaker);
        self.published.remove(&speaker);
        self.lately.remove(&speaker);
    }

    /// Whether somebody speaks or did so a moment ago.
    pub(crate) fn spoke_lately(&self, speaker: ParticipantId) -> bool {
        self.lately.contains_key(&speaker)
    }

    /// Ends a window: everybody whose speaking changed, with level 0 for those who stopped.
    pub(crate) fn end_window(&mut self) -> Vec<(ParticipantId, f32, bool)> {
        let windows = std::mem::take(&mut self.windows);
        let mut changes = Vec::new();
        let speaking: BTreeMap<ParticipantId, f32> = windows
            .iter()
            .filter_map(|(&id, window)| Some((id, window.level()?)))
            .collect();
        for (&id, &level) in &speaking {
            let before = self.published.get(&id).copied();
            if before.is_none_or(|before| (before - level).abs() >= LEVEL_STEP) {
                changes.push((id, level, true));
            }
        }
        let stopped = self
            .published
            .keys()
            .filter(|id| !speaking.contains_key(id));
        changes.extend(stopped.map(|&id| (id, 0.0, false)));
        changes.sort_by(|a, b| b.1.total_cmp(&a.1));
        self.lately.retain(|_, left| {
            *left -= 1;
            *left > 0
        });
        let spoke = speaking.keys().map(|&id| (id, LATELY_WINDOWS));
        self.lately.extend(spoke);
        self.published = speaking;
        changes
    }
}

impl Window {
    /// The linear level if enough of the window was speech.
    fn level(&self) -> Option<f32> {
        if self.packets == 0 || self.speech * 100 < self.packets * SPEECH_SHARE_PERCENT {
            return None;
        }
        self.loudest
            .map(|dbov| 10_f32.powf(-f32::from(dbov) / 20.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: ParticipantId = ParticipantId(1);
    const BOB: ParticipantId = ParticipantId(2);

    #[test]
    fn alice_speaks_louder_than_bob_and_then_stops() {
        let mut speakers = ActiveSpeakers::default();
        for _ in 0..15 {
            speakers.note(ALICE, 10);
            speakers.note(BOB, 30);
        }
        let published: Vec<_> = speakers
            .end_window()
            .iter()
            .map(|&(id, _, active)| (id, active))
            .collect();
        assert_eq!(published, [(ALICE, true), (BOB, true)]);
        for _ in 0..15 {
            speakers.note(ALICE, 127);
            speakers.note(BOB, 30);
        }
        assert_eq!(
            speakers.end_window(),
            [(ALICE, 0.0, false)],
            "Bob goes on unchanged: not published again"
        );
        assert!(speakers.spoke_lately(ALICE));
        for _ in 0..LATELY_WINDOWS {
            speakers.end_window();
        }
        assert!(!speakers.spoke_lately(ALICE));
    }

    #[test]
    fn a_click_is_no_speaker() {
        let mut speakers = ActiveSpeakers::default();
        speakers.note(ALICE, 5);
        for _ in 0..14 {
            speakers.note(ALICE, 127);
        }
        assert_eq!(speakers.end_window(), []);
    }

    #[test]
    fn who_left_is_not_published_any_more() {
        let mut speakers = ActiveSpeakers::default();
        speakers.note(ALICE, 5);
        assert_eq!(speakers.end_window().len(), 1);
        speakers.forget(ALICE);
        assert_eq!(speakers.end_window(), []);
    }
}
