//! Sharing out a link: which layer of each track fits into what the link carries.

use crate::forward::layer::LAYERS_MAX;

/// Part of the estimate that is given to video: the rest is for audio, data and resends.
const VIDEO_SHARE_PERCENT: i64 = 90;

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
///
/// The least layers may overdraw the estimate by as much again, and the most important one always
/// flows: an estimate is made from what is sent, and a link on which nothing is sent never proves
/// that it carries more.
pub(crate) fn share(estimate_bps: u64, claims: &[Claim]) -> Vec<Option<usize>> {
    let estimate = i64::try_from(estimate_bps).unwrap_or(i64::MAX / 2);
    let mut left = estimate / 100 * VIDEO_SHARE_PERCENT;
    let mut order: Vec<usize> = (0..claims.len()).collect();
    order.sort_by_key(|&index| claims.get(index).is_none_or(|claim| !claim.first));
    let mut given: Vec<Option<usize>> = vec![None; claims.len()];
    for level in 0..LAYERS_MAX {
        for (rank, &index) in order.iter().enumerate() {
            let (Some(claim), Some(slot)) = (claims.get(index), given.get_mut(index)) else {
                continue;
            };
            let reached = level == 0 || slot.is_some();
            if level > claim.wanted || !reached {
                continue;
            }
            let price = i64::try_from(claim.price(*slot, level)).unwrap_or(i64::MAX / 2);
            let overdraft = if level == 0 { estimate } else { 0 };
            let affordable = price == 0 || price <= left.saturating_add(overdraft);
            if affordable || (level == 0 && rank == 0) {
                left = left.saturating_sub(price);
                *slot = Some(level);
            }
        }
    }
    given
}

impl Claim {
    /// What going from the layers had so far to `level` costs more.
    fn price(&self, had: Option<usize>, level: usize) -> u64 {
        self.cost(Some(level)).saturating_sub(self.cost(had))
    }

    /// What it costs to give this claim the best of the layers up to `layer`; not all may flow.
    fn cost(&self, layer: Option<usize>) -> u64 {
        let useful = layer.map_or(0, |layer| layer + 1);
        let costs = self.bitrates_bps.iter().take(useful);
        costs.copied().max().unwrap_or(0)
    }

    /// What it would cost to give this claim all it has use for.
    pub(crate) fn desired_bps(&self) -> u64 {
        self.cost(Some(self.wanted))
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
    fn a_wide_link_carries_everything() {
        assert_eq!(share(10_000_000, &[CAMERA, CAMERA]), [Some(2), Some(2)]);
    }

    #[test]
    fn a_thin_link_lifts_nobody_before_all_have_something() {
        assert_eq!(share(800_000, &[CAMERA, CAMERA]), [Some(1), Some(0)]);
        assert_eq!(share(400_000, &[CAMERA, CAMERA]), [Some(0), Some(0)]);
    }

    #[test]
    fn the_shared_screen_comes_before_faces() {
        let given = share(1_700_000, &[CAMERA, SHARE]);
        assert_eq!(
            given,
            [Some(0), Some(2)],
            "the share takes nearly all, the face the least"
        );
    }

    #[test]
    fn a_hopeless_link_still_carries_what_matters_most() {
        assert_eq!(share(0, &[CAMERA, SHARE]), [None, Some(2)]);
        assert_eq!(
            share(1_000_000, &[SHARE]),
            [Some(2)],
            "a single layer is all there is"
        );
        assert_eq!(share(0, &[]), []);
    }

    #[test]
    fn overdrawing_ends_at_twice_the_estimate() {
        let given = share(2_000_000, &[SHARE; 6]);
        let flowing = given.iter().filter(|one| one.is_some()).count();
        assert_eq!(
            flowing, 2,
            "1.8 Mbit/s for video and as much as the estimate on credit"
        );
    }
}
