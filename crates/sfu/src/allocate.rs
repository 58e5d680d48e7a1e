//! Sharing out a line: which layer of each track fits into what the line carries.

use crate::layer::LAYERS_MAX;

/// Part of the estimate that is given to video: the rest is for audio, data and resends.
const VIDEO_SHARE_PERCENT: u64 = 90;

/// One downtrack's claim.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim {
    /// Screen shares come first: text is lost before faces are.
    pub(crate) first: bool,
    /// The best layer its subscriber has use for.
    pub(crate) wanted: usize,
    /// What each layer costs at the moment; 0 for one that does not flow.
    pub(crate) bitrates_bps: [u64; LAYERS_MAX],
}

/// The best layer each claim may have, or `None` where not even the least fits.
///
/// Everybody gets their least layer first, in order of importance; what remains lifts claims one
/// layer at a time, so that nobody has the best while somebody else who could have a better one
/// has the worst.
pub(crate) fn share(estimate_bps: u64, claims: &[Claim]) -> Vec<Option<usize>> {
    let mut left = estimate_bps * VIDEO_SHARE_PERCENT / 100;
    let mut order: Vec<usize> = (0..claims.len()).collect();
    order.sort_by_key(|&place| claims.get(place).is_none_or(|claim| !claim.first));
    let mut given: Vec<Option<usize>> = vec![None; claims.len()];
    for level in 0..LAYERS_MAX {
        for &place in &order {
            let (Some(claim), Some(slot)) = (claims.get(place), given.get_mut(place)) else {
                continue;
            };
            let reached = level == 0 || slot.is_some();
            if level > claim.wanted || !reached {
                continue;
            }
            let price = claim.price(*slot, level);
            if price <= left {
                left -= price;
                *slot = Some(level);
            }
        }
    }
    given
}

impl Claim {
    /// What going from the layers had so far to `level` costs more.
    fn price(&self, had: Option<usize>, level: usize) -> u64 {
        let cost = |layer: usize| self.bitrates_bps.get(layer).copied().unwrap_or(0);
        let before = had.map_or(0, cost);
        cost(level).saturating_sub(before)
    }

    /// What it would cost to give this claim all it has use for.
    pub(crate) fn desired_bps(&self) -> u64 {
        let useful = self.bitrates_bps.iter().take(self.wanted + 1);
        useful.copied().max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAMERA: Claim = Claim {
        first: false,
        wanted: 2,
        bitrates_bps: [150_000, 500_000, 1_700_000],
    };
    const SHARE: Claim = Claim {
        first: true,
        wanted: 2,
        bitrates_bps: [1_500_000, 0, 0],
    };

    #[test]
    fn a_wide_line_carries_everything() {
        assert_eq!(share(10_000_000, &[CAMERA, CAMERA]), [Some(2), Some(2)]);
    }

    #[test]
    fn a_thin_line_lifts_nobody_before_all_have_something() {
        assert_eq!(share(800_000, &[CAMERA, CAMERA]), [Some(1), Some(0)]);
        assert_eq!(share(400_000, &[CAMERA, CAMERA]), [Some(0), Some(0)]);
    }

    #[test]
    fn the_shared_screen_comes_before_faces() {
        let given = share(1_700_000, &[CAMERA, SHARE]);
        assert_eq!(
            given,
            [None, Some(2)],
            "1.53 Mbit/s of video: the share takes nearly all"
        );
    }

    #[test]
    fn nothing_fits_into_nothing() {
        assert_eq!(share(0, &[CAMERA]), [None]);
        assert_eq!(share(0, &[]), []);
    }
}
