//! The names that LiveKit's wire gives to rooms, participants and tracks: `RM_…`, `PA_…`, `TR_…`.

use std::fmt;

/// LiveKit's alphabet: digits and letters without those that look alike.
const ALPHABET: &[u8; 57] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// Characters after the prefix: 57^12 is 2^70, enough for names that need not be secret.
const RANDOM_CHARS: usize = 12;

/// Longest name taken from a client; LiveKit's own have at most 17 characters.
const SID_CHARS_MAX: usize = 64;

/// Where a track comes from and what it is, as the letters in its name say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrackLetters {
    /// Microphone.
    Microphone,
    Camera,
    ScreenShare,
    ScreenShareAudio,
    /// Sound of unknown source.
    Audio,
    /// Pictures of unknown source.
    Video,
}

impl TrackLetters {
    fn prefix(self) -> &'static str {
        match self {
            Self::Microphone => "TR_AM",
            Self::Camera => "TR_VC",
            Self::ScreenShare => "TR_VS",
            Self::ScreenShareAudio => "TR_AS",
            Self::Audio => "TR_A",
            Self::Video => "TR_V",
        }
    }
}

macro_rules! sid {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Reads a name from a client; `None` where it cannot be one.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                is_sid(text, $prefix).then(|| Self(text.to_owned()))
            }

            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

sid!(
    /// One stay of one participant: a rejoin gets a new one.
    ParticipantSid,
    "PA_"
);
sid!(
    /// A published track.
    TrackSid,
    "TR_"
);
sid!(
    /// One meeting in a room.
    RoomSid,
    "RM_"
);

impl ParticipantSid {
    #[must_use]
    pub fn new(random: u128) -> Self {
        Self(format!("PA_{}", letters(random)))
    }
}

impl RoomSid {
    #[must_use]
    pub fn new(random: u128) -> Self {
        Self(format!("RM_{}", letters(random)))
    }
}

impl TrackSid {
    #[must_use]
    pub fn new(kind: TrackLetters, random: u128) -> Self {
        Self(format!("{}{}", kind.prefix(), letters(random)))
    }
}

/// The twelve letters that stand for a random number.
fn letters(random: u128) -> String {
    let base = ALPHABET.len() as u128;
    let mut rest = random;
    let mut text = String::with_capacity(RANDOM_CHARS);
    for _ in 0..RANDOM_CHARS {
        let digit = usize::try_from(rest % base).unwrap_or_default();
        text.extend(ALPHABET.get(digit).copied().map(char::from));
        rest /= base;
    }
    text
}

fn is_sid(text: &str, prefix: &str) -> bool {
    text.len() <= SID_CHARS_MAX
        && text.strip_prefix(prefix).is_some_and(|rest| {
            !rest.is_empty()
                && rest
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_have_livekits_shape() {
        assert_eq!(ParticipantSid::new(0).as_str(), "PA_222222222222");
        assert_eq!(RoomSid::new(u128::MAX).as_str().len(), 15);
        assert_eq!(
            TrackSid::new(TrackLetters::Microphone, 57).as_str(),
            "TR_AM232222222222"
        );
        assert!(
            TrackSid::new(TrackLetters::ScreenShare, 1)
                .as_str()
                .starts_with("TR_VS")
        );
    }

    #[test]
    fn a_name_of_another_kind_is_refused() {
        assert_eq!(ParticipantSid::parse("TR_AMabc"), None);
        assert_eq!(ParticipantSid::parse("PA_"), None);
        assert_eq!(ParticipantSid::parse("PA_<script>"), None);
        assert_eq!(
            ParticipantSid::parse(&format!("PA_{}", "a".repeat(SID_CHARS_MAX))),
            None
        );
        assert!(ParticipantSid::parse("PA_x").is_some());
    }

    proptest! {
        #[test]
        fn what_is_made_can_be_read_back(random: u128) {
            let made = TrackSid::new(TrackLetters::Camera, random);
            prop_assert_eq!(TrackSid::parse(made.as_str()), Some(made));
        }

        #[test]
        fn different_numbers_make_different_names(a in 0..1_u128 << 69, b in 0..1_u128 << 69) {
            prop_assert_eq!(a == b, ParticipantSid::new(a) == ParticipantSid::new(b));
        }
    }
}
