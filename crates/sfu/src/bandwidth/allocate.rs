//! Sharing out a link: which layer of each picture fits into what there is room for.

use crate::forward::layer::{self, LAYERS_MAX};

/// Who comes first when not everybody can have even their least layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Importance {
    /// Text is lost before faces are.
    Screen,
    /// Somebody who spoke lately.
    Speaker,
    Other,
}

/// What one picture asks of the link.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim {
    pub(crate) importance: Importance,
    /// The best layer its subscriber has use for; `None` while they look elsewhere.
    pub(crate) wanted: Option<usize>,
    /// It keeps what it has, and takes nothing.
    pub(crate) is_muted: bool,
    /// What each layer costs at the moment; 0 for one that does not flow.
    pub(crate) bitrates_bps: [u64; LAYERS_MAX],
}

/// A claim, what it has so far, and how far it may rise.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bid {
    pub(crate) claim: Claim,
    /// The layer it was given before; `None` while it is paused.
    pub(crate) had: Option<usize>,
    /// No better layer is given.
    pub(crate) highest: Option<usize>,
    /// Its least layer is given whether there is room for it or not.
    pub(crate) is_on_credit: bool,
}

/// The best layer each bid may have, or `None` where not even the least fits.
///
/// Everybody gets their least layer first, in order of importance; what remains lifts bids one
/// layer at a time, so that nobody has the best while somebody else who could have a better one
/// has the worst. Who speaks decides only who is seen at all: layers would swing with the talk.
/// Among equals who had a layer keeps it.
pub(crate) fn share(room_bps: u64, bids: &[Bid]) -> Vec<Option<usize>> {
    let mut left = room_bps;
    let mut given: Vec<Option<usize>> = vec![None; bids.len()];
    for level in 0..LAYERS_MAX {
        for index in order(level, bids) {
            let (Some(bid), Some(slot)) = (bids.get(index), given.get_mut(index)) else {
                continue;
            };
            let is_reached = level == 0 || slot.is_some();
            if Some(level) > bid.highest || !is_reached {
                continue;
            }
            let price = bid.claim.price(*slot, level);
            // What does not flow has no price so far: it is given once that is known.
            if level > 0 && price == 0 && Some(level) > bid.had {
                continue;
            }
            if price <= left || (level == 0 && bid.is_on_credit) {
                left = left.saturating_sub(price);
                *slot = Some(level);
            }
        }
    }
    given
}

/// Who is asked first for a layer.
pub(crate) fn order(level: usize, bids: &[Bid]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..bids.len()).collect();
    order.sort_by_key(|&index| {
        bids.get(index).map(|bid| {
            let importance = match bid.claim.importance {
                Importance::Speaker if level > 0 => Importance::Other,
                importance => importance,
            };
            (importance, Some(level) > bid.had)
        })
    });
    order
}

/// What all that the bids had takes.
pub(crate) fn cost_bps(bids: &[Bid]) -> u64 {
    bids.iter().map(|bid| bid.claim.cost(bid.had)).sum()
}

impl Claim {
    /// What is sent to one who may have `layer`: the best that flows up to it, else the least.
    pub(crate) fn cost(&self, layer: Option<usize>) -> u64 {
        if self.is_muted {
            return 0;
        }
        let flowing = self.bitrates_bps.map(|bits| bits > 0);
        let sent = layer.and_then(|layer| layer::choose(flowing, layer));
        let cost = sent.and_then(|sent| self.bitrates_bps.get(sent));
        cost.copied().unwrap_or(0)
    }

    /// What going from the layer had so far to `level` costs more.
    fn price(&self, had: Option<usize>, level: usize) -> u64 {
        self.cost(Some(level)).saturating_sub(self.cost(had))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const CAMERA: Claim = Claim {
        importance: Importance::Other,
        wanted: Some(2),
        is_muted: false,
        bitrates_bps: [150_000, 500_000, 1_700_000],
    };
    pub(crate) const SHARE: Claim = Claim {
        importance: Importance::Screen,
        wanted: Some(2),
        is_muted: false,
        bitrates_bps: [1_500_000, 0, 0],
    };

    fn bid(claim: Claim, had: Option<usize>) -> Bid {
        Bid {
            claim,
            had,
            highest: claim.wanted,
            is_on_credit: false,
        }
    }

    /// Bids that have nothing so far.
    fn fresh<const N: usize>(claims: [Claim; N]) -> [Bid; N] {
        claims.map(|claim| bid(claim, None))
    }

    #[test]
    fn a_wide_link_carries_everything() {
        let given = share(10_000_000, &fresh([CAMERA, CAMERA]));
        assert_eq!(given, [Some(2), Some(2)]);
    }

    #[test]
    fn a_thin_link_lifts_nobody_before_all_have_something() {
        let cameras = fresh([CAMERA, CAMERA]);
        assert_eq!(share(800_000, &cameras), [Some(1), Some(0)]);
        assert_eq!(share(400_000, &cameras), [Some(0), Some(0)]);
        assert_eq!(share(200_000, &cameras), [Some(0), None]);
    }

    #[test]
    fn the_shared_screen_comes_before_faces() {
        let both = fresh([CAMERA, SHARE]);
        let given = share(1_700_000, &both);
        assert_eq!(
            given,
            [Some(0), Some(0)],
            "the share takes nearly all, the face the least"
        );
        assert_eq!(share(1_500_000, &both), [None, Some(0)]);
        assert_eq!(share(0, &both), [None, None]);
    }

    #[test]
    fn what_is_on_credit_is_given_and_leaves_nothing_to_others() {
        let on_credit = Bid {
            is_on_credit: true,
            ..bid(SHARE, None)
        };
        assert_eq!(share(0, &[bid(CAMERA, None), on_credit]), [None, Some(0)]);
        let camera = Bid {
            is_on_credit: true,
            ..bid(CAMERA, None)
        };
        assert_eq!(share(0, &[camera]), [Some(0)], "the least of it");
    }

    #[test]
    fn who_speaks_is_seen_first_and_no_better_than_others() {
        let speaker = Claim {
            importance: Importance::Speaker,
            ..CAMERA
        };
        let both = fresh([CAMERA, speaker]);
        assert_eq!(share(200_000, &both), [None, Some(0)], "only one fits");
        assert_eq!(share(800_000, &both), [Some(1), Some(0)]);
    }

    #[test]
    fn who_had_a_layer_keeps_it_among_equals() {
        let bids = [bid(CAMERA, Some(1)), bid(CAMERA, Some(2))];
        assert_eq!(share(2_300_000, &bids), [Some(1), Some(2)]);
        let bids = [bid(CAMERA, None), bid(CAMERA, Some(0))];
        assert_eq!(share(200_000, &bids), [None, Some(0)]);
    }

    #[test]
    fn nobody_rises_above_what_they_may_have() {
        let held = Bid {
            highest: Some(0),
            ..bid(CAMERA, Some(0))
        };
        assert_eq!(share(5_000_000, &[held]), [Some(0)]);
        let elsewhere = Claim {
            wanted: None,
            ..CAMERA
        };
        assert_eq!(share(5_000_000, &fresh([elsewhere])), [None]);
    }

    #[test]
    fn what_does_not_flow_is_given_when_its_price_is_known() {
        let silent = Claim {
            bitrates_bps: [0; LAYERS_MAX],
            ..CAMERA
        };
        assert_eq!(share(0, &fresh([silent])), [Some(0)]);
        assert_eq!(share(0, &[bid(silent, Some(2))]), [Some(2)], "a slow slide");
        let only_best = Claim {
            bitrates_bps: [0, 0, 1_000_000],
            ..CAMERA
        };
        assert_eq!(share(900_000, &fresh([only_best])), [None]);
    }

    #[test]
    fn what_is_muted_takes_nothing() {
        let muted = Claim {
            is_muted: true,
            ..CAMERA
        };
        let bids = [bid(muted, Some(1)), bid(CAMERA, None)];
        assert_eq!(share(150_000, &bids), [Some(1), Some(0)]);
        assert_eq!(cost_bps(&bids), 0);
    }
}
