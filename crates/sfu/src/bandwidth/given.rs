//! What one picture has of its peer's link, and what it takes when it flows.

use crate::bandwidth::allocate::Claim;
use crate::forward::layer::LAYERS_MAX;
use std::time::{Duration, Instant};

/// What a layer takes is remembered while the picture was still for no longer than this: a paused slide
/// does not come back for nothing, and after this it is seen what it takes.
const REMEMBERED: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(super) struct Given {
    /// `None` while it is paused.
    pub(super) layer: Option<usize>,
    wanted: Option<usize>,
    /// It was not wanted, or not so much, when the link fell short for the last time: whether it
    /// carries that is not known.
    pub(super) is_fresh: bool,
    /// What each layer took when it flowed last.
    flowed_bps: [u64; LAYERS_MAX],
    flowed: Instant,
}

impl Given {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            layer: None,
            wanted: None,
            is_fresh: true,
            flowed_bps: [0; LAYERS_MAX],
            flowed: now,
        }
    }

    /// What its subscriber wants of it, and what flows.
    pub(super) fn note(&mut self, now: Instant, claim: &Claim) {
        self.is_fresh |= claim.wanted > self.wanted;
        self.wanted = claim.wanted;
        self.layer = self.layer.min(claim.wanted);
        if claim.bitrates_bps.iter().any(|bits| *bits > 0) {
            self.flowed = now;
        } else if now >= self.flowed + REMEMBERED {
            self.flowed_bps = [0; LAYERS_MAX];
        }
        for (flowed, bits) in self.flowed_bps.iter_mut().zip(claim.bitrates_bps) {
            *flowed = if bits > 0 { bits } else { *flowed };
        }
    }

    /// The claim, in which layers better than what it has cost at least what they took when they
    /// flowed.
    pub(super) fn priced(&self, claim: Claim) -> Claim {
        let is_still = self.layer.is_some() && claim.cost(self.layer) == 0;
        if is_still {
            return claim;
        }
        let mut bitrates_bps = claim.bitrates_bps;
        let prices = bitrates_bps.iter_mut().zip(self.flowed_bps);
        for (layer, (bits, flowed)) in prices.enumerate() {
            if *bits == 0 && Some(layer) > self.layer {
                *bits = flowed;
            }
        }
        Claim {
            bitrates_bps,
            ..claim
        }
    }

    /// The best layer that it may get without having waited: what is fresh, and the least of what is
    /// paused where that `may_return`.
    pub(super) fn highest_at_once(&self, may_return: bool) -> Option<usize> {
        if self.is_fresh {
            self.wanted
        } else if may_return {
            self.layer.max(self.wanted.min(Some(0)))
        } else {
            self.layer
        }
    }
}
