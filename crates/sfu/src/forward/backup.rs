//! Which encoding of a track a subscriber gets: the first, or a backup in another codec.

use crate::forward::encoding::{Encoding, SectionState};
use crate::transport::format::Codec;

/// The encoding that a subscriber should get; `None` if it can receive none. `taken` are the codecs
/// that it agreed to: before it has, the first encoding is expected to do. A regressed track gives
/// its backup to all who can receive it (`BackupCodecPolicy`).
pub(crate) fn preferred(
    encodings: &[Encoding],
    taken: Option<&[Codec]>,
    is_regressed: bool,
) -> Option<usize> {
    let Some(taken) = taken else {
        return Some(0);
    };
    let mut receivable =
        (0..encodings.len()).filter(|&index| is_receivable(encodings, index, taken));
    let best = receivable.next()?;
    if is_regressed && best == 0 {
        return receivable.next().or(Some(best));
    }
    Some(best)
}

/// Whether a subscriber can receive a backup only.
pub(crate) fn needs_backup(encodings: &[Encoding], taken: Option<&[Codec]>) -> bool {
    preferred(encodings, taken, false).is_some_and(|index| index > 0)
}

/// The encoding that a subscriber gets at the moment: the preferred one, or while that does not
/// flow one that does, `current` before others.
pub(crate) fn serving(
    encodings: &[Encoding],
    taken: Option<&[Codec]>,
    preferred: Option<usize>,
    current: Option<usize>,
    flows: impl Fn(&Encoding) -> bool,
) -> Option<usize> {
    let preferred = preferred?;
    let others = taken.into_iter().flat_map(|taken| {
        (0..encodings.len()).filter(|&index| is_receivable(encodings, index, taken))
    });
    let mut candidates = [preferred].into_iter().chain(current).chain(others);
    let flowing = candidates.find(|&index| encodings.get(index).is_some_and(&flows));
    flowing.or(Some(preferred))
}

/// What the first encoding is in may be unknown before its first packet: there is hope until then.
fn is_receivable(encodings: &[Encoding], index: usize, taken: &[Codec]) -> bool {
    encodings.get(index).is_some_and(|encoding| {
        encoding.section != SectionState::Ended
            && encoding
                .codec
                .map_or(index == 0, |codec| taken.contains(&codec))
    })
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "any moment will do: only differences to it matter"
)]
mod tests {
    use super::*;
    use crate::transport::ids::Ssrc;
    use std::time::Instant;

    const BOTH: &[Codec] = &[Codec::Vp9, Codec::Vp8];
    const OLD: &[Codec] = &[Codec::Vp8, Codec::H264];

    fn camera() -> [Encoding; 2] {
        let now = Instant::now();
        [Codec::Vp9, Codec::Vp8].map(|codec| Encoding::new(now, Some(codec)))
    }

    #[test]
    fn each_gets_the_first_codec_that_it_can_receive() {
        let camera = camera();
        assert_eq!(preferred(&camera, Some(BOTH), false), Some(0));
        assert_eq!(preferred(&camera, Some(OLD), false), Some(1));
        assert_eq!(preferred(&camera, Some(&[Codec::Av1]), false), None);
        assert_eq!(preferred(&camera, None, true), Some(0), "not agreed yet");
        assert!(needs_backup(&camera, Some(OLD)));
        assert!(!needs_backup(&camera, Some(BOTH)));
        assert!(!needs_backup(&camera, Some(&[Codec::Av1])));
    }

    #[test]
    fn a_regressed_track_gives_its_backup_to_all_who_can_receive_it() {
        let camera = camera();
        assert_eq!(preferred(&camera, Some(BOTH), true), Some(1));
        assert_eq!(preferred(&camera, Some(OLD), true), Some(1));
        assert_eq!(preferred(&camera, Some(&[Codec::Vp9]), true), Some(0));
    }

    #[test]
    fn a_codec_that_is_not_known_yet_may_be_the_right_one() {
        let now = Instant::now();
        let unknown = || Encoding::new(now, None);
        assert_eq!(preferred(&[unknown()], Some(OLD), false), Some(0));
        let backup = [Encoding::new(now, Some(Codec::Av1)), unknown()];
        assert_eq!(preferred(&backup, Some(OLD), false), None);
    }

    #[test]
    fn an_encoding_that_was_given_up_is_nobodys() {
        let mut camera = camera();
        camera[0].section = SectionState::Ended;
        assert_eq!(preferred(&camera, Some(BOTH), false), Some(1));
    }

    #[test]
    fn what_flows_is_shown_until_what_is_preferred_does() {
        let mut camera = camera();
        let now = Instant::now();
        let serve = |camera: &[Encoding], taken, preferred, current| {
            serving(camera, taken, preferred, current, |one| one.flows(now))
        };
        assert_eq!(serve(&camera, Some(BOTH), Some(1), Some(0)), Some(1));
        camera[0].note(now, 0, Ssrc(1), 100);
        assert_eq!(serve(&camera, Some(BOTH), Some(1), Some(0)), Some(0));
        assert_eq!(serve(&camera, Some(BOTH), Some(1), None), Some(0));
        assert_eq!(serve(&camera, Some(OLD), Some(1), None), Some(1));
        camera[1].note(now, 0, Ssrc(2), 100);
        assert_eq!(serve(&camera, Some(BOTH), Some(1), Some(0)), Some(1));
        assert_eq!(serve(&camera, Some(BOTH), None, Some(0)), None);
    }
}
