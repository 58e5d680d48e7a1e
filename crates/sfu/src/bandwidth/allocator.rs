//! What each picture of a peer may have, over time: down when the link does not carry what is
//! sent, up only when it was seen to carry more for some time.

#[cfg(test)]
mod tests;

use crate::bandwidth::allocate::{Bid, Claim, Importance, cost_bps, order, share};
use crate::bandwidth::credit::Credit;
use crate::bandwidth::given::Given;
use crate::bandwidth::shortage::{Shortage, Verdict, is_drowned};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use visio_meeting::TrackId;

/// So much of the estimate is filled with sound and pictures: the rest is for data, for resends and for
/// rates that are never still. What fills more already may stay.
const FILLED_PERCENT: u64 = 90;

/// So much of what all would take is desired of the link: more than what fills it, because probes find
/// a little less than they try.
const DESIRED_PERCENT: u64 = 125;

/// After a fall something rises when there was room for it for so long: longer than an estimate that
/// swings by a fifth every ten seconds leaves room. Each further fall doubles it, up to a minute, but
/// not for least layers.
const HOLD_OFF_MIN: Duration = Duration::from_secs(8);
const HOLD_OFFS_DOUBLED_MAX: u32 = 3;

/// An estimate that is so many times what it was at the fall is none of that kind: the link has changed.
/// Better layers wait for less then, and least layers for nothing. A link that falls short again and
/// again is not believed to have changed.
const CHANGED_FACTOR: u64 = 2;
const CHANGES_MAX: u32 = 3;
const RISE_PATIENCE: Duration = Duration::from_secs(2);

/// A fall to less than a third of what was sent for so long says nothing against what is sent either.
const CHANGED_DIVISOR: u64 = 3;
const CHANGED_AFTER: Duration = Duration::from_secs(30);

/// A rise that lasts so long has succeeded: the falls before are forgotten.
const SUCCEEDED_AFTER: Duration = Duration::from_secs(60);

/// What the sound takes of a link.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sound {
    pub(crate) sent_bps: u64,
    /// At least that: what it may take in a moment, when somebody speaks.
    pub(crate) reserved_bps: u64,
}

/// Shares out the link of one peer among its pictures, and remembers how that went.
#[derive(Debug)]
pub(crate) struct Allocator {
    estimate_bps: u64,
    /// The least estimate since the last update.
    lowest_bps: u64,
    /// Something is known of the link.
    is_estimated: bool,
    given: BTreeMap<TrackId, Given>,
    credit: Option<Credit>,
    /// What is sent, without what is on credit.
    sent_bps: u64,
    shortage: Shortage,
    /// Since when there is room for something that may not rise at once.
    room_since: Option<Instant>,
    /// The last rise, unless a fall came after it.
    risen: Option<Instant>,
    /// How often the link fell short after a rise, and the estimate when it fell short last.
    failures: u32,
    fallen_bps: u64,
}

impl Allocator {
    /// A link of which nothing is known but that most links carry `estimate_bps`.
    pub(crate) fn new(estimate_bps: u64) -> Self {
        Self {
            estimate_bps,
            lowest_bps: estimate_bps,
            is_estimated: false,
            given: BTreeMap::new(),
            credit: None,
            sent_bps: 0,
            shortage: Shortage::default(),
            room_since: None,
            risen: None,
            failures: 0,
            fallen_bps: 0,
        }
    }

    /// What the link is estimated to carry. Returns whether that is less than what is sent: it is to
    /// be shared out at once.
    pub(crate) fn estimated(&mut self, estimate_bps: u64) -> bool {
        self.is_estimated = true;
        self.estimate_bps = estimate_bps;
        self.lowest_bps = self.lowest_bps.min(estimate_bps);
        let credit = self.credit.as_mut();
        credit.is_some_and(|credit| credit.estimated(estimate_bps)) || estimate_bps < self.sent_bps
    }

    /// The best layer that a picture may have; `None` while it is paused.
    pub(crate) fn layer(&self, track: TrackId) -> Option<usize> {
        self.given.get(&track)?.layer
    }

    /// Shares out anew what is left beside the sound. Returns whether the link drowns in what was
    /// sent: every packet less counts.
    pub(crate) fn update(
        &mut self,
        now: Instant,
        sound: Sound,
        claims: &BTreeMap<TrackId, Claim>,
    ) -> bool {
        let sound_bps = sound.sent_bps;
        self.note_claims(now, claims);
        self.note_credit(now, sound_bps, claims);
        if (self.risen).is_some_and(|risen| now >= risen + SUCCEEDED_AFTER) {
            (self.risen, self.failures) = (None, 0);
        }
        let lowest_bps = std::mem::replace(&mut self.lowest_bps, self.estimate_bps);
        let bids = self.bids(claims);
        let (sent_bps, least_bps) = (sound_bps + paid_bps(&bids), sound_bps + least_bps(&bids));
        let drowns = is_drowned(self.estimate_bps, sent_bps);
        let verdict = (self.shortage).judge(now, self.estimate_bps, sent_bps, least_bps);
        let room_bps = filled(self.estimate_bps).saturating_sub(sound_bps);
        let lesser = lesser(verdict, room_bps + owed_bps(&bids), &bids);
        let falls = bids.iter().zip(&lesser).any(|(bid, less)| bid.had > *less);
        if falls {
            self.note_fall(now, sent_bps);
            self.give(claims, lesser);
        } else {
            let room_bps = filled(lowest_bps).saturating_sub(sound.reserved_bps);
            self.rise(now, room_bps, claims, &bids);
        }
        self.sent_bps = sound_bps + paid_bps(&self.bids(claims));
        falls && drowns
    }

    /// What all that is wanted would take, with the sound, on a link that also carries the rest.
    pub(crate) fn desired_bps(&self, sound: Sound, claims: &BTreeMap<TrackId, Claim>) -> u64 {
        let bids = self.bids(claims).into_iter();
        let pictures: u64 = bids.map(|bid| bid.claim.cost(bid.claim.wanted)).sum();
        (sound.reserved_bps + pictures) * DESIRED_PERCENT / 100
    }

    /// Who wants what, and what flows. The most important picture has credit while nothing is known of
    /// the link; later a screen that is new, for what is known was found out without it.
    fn note_claims(&mut self, now: Instant, claims: &BTreeMap<TrackId, Claim>) {
        let is_new = |track: &TrackId| !self.given.contains_key(track);
        let new: Vec<TrackId> = claims.keys().copied().filter(is_new).collect();
        self.given.retain(|track, _| claims.contains_key(track));
        for (&track, claim) in claims {
            let given = self.given.entry(track).or_insert_with(|| Given::new(now));
            given.note(now, claim);
        }
        let order = order(0, &self.bids(claims)).into_iter();
        let mut order = order.filter_map(|index| claims.iter().nth(index));
        let first = order.find(|(_, claim)| claim.wanted.is_some() && !claim.is_muted);
        let Some((&track, claim)) = first else {
            return;
        };
        let is_new_screen = claim.importance == Importance::Screen && new.contains(&track);
        let has_it = self.credit.as_ref().is_some_and(|one| one.track == track);
        if !has_it && (!self.is_estimated || is_new_screen) {
            self.credit = Some(Credit::new(track, self.estimate_bps));
        }
    }

    /// Credit ends when it is spent, and when it is needed no more.
    fn note_credit(&mut self, now: Instant, sound_bps: u64, claims: &BTreeMap<TrackId, Claim>) {
        let bids = self.bids(claims);
        let Some(credit) = &mut self.credit else {
            return;
        };
        let bid = bids.iter().find(|bid| bid.is_on_credit);
        let has_price = bid.is_some_and(|bid| bid.claim.cost(Some(0)) > 0);
        if has_price && self.is_estimated {
            credit.counts_from(now);
        }
        let is_wanted = bid.is_some_and(|bid| bid.claim.wanted.is_some());
        let is_given = has_price && bid.is_some_and(|bid| bid.had.is_some());
        let is_paid = is_given && sound_bps + cost_bps(&bids) <= self.estimate_bps;
        if !is_wanted || is_paid || credit.is_spent(now) {
            self.credit = None;
        }
    }

    fn bids(&self, claims: &BTreeMap<TrackId, Claim>) -> Vec<Bid> {
        let bid = |(track, claim): (&TrackId, &Claim)| {
            let given = self.given.get(track);
            Bid {
                claim: given.map_or(*claim, |given| given.priced(*claim)),
                had: given.and_then(|given| given.layer),
                highest: claim.wanted,
                is_on_credit: (self.credit.as_ref()).is_some_and(|one| one.track == *track),
            }
        };
        claims.iter().map(bid).collect()
    }

    /// Gives more where there is room: at once to who may have it at once, to others when there was
    /// room for long enough.
    fn rise(
        &mut self,
        now: Instant,
        room_bps: u64,
        claims: &BTreeMap<TrackId, Claim>,
        bids: &[Bid],
    ) {
        // What is sent may stay; beside a picture on credit, the least of it.
        let credit = bids.iter().find(|bid| bid.is_on_credit);
        let kept_bps = credit.map_or(cost_bps(bids), |bid| {
            least_bps(bids) + bid.claim.cost(Some(0))
        });
        let room_bps = room_bps.max(kept_bps);
        let better = share(room_bps, bids);
        let mut layers = share(room_bps, &self.held(bids, !self.has_failed()));
        let is_held = |(better, layer): (&Option<usize>, &Option<usize>)| better > layer;
        if better.iter().zip(&layers).any(is_held) {
            let waited = now.saturating_duration_since(*self.room_since.get_or_insert(now));
            if waited >= self.hold_off() {
                self.room_since = None;
                layers = better;
            } else if waited >= HOLD_OFF_MIN {
                layers = share(room_bps, &self.held(bids, true));
            }
        } else {
            self.room_since = None;
        }
        self.give(claims, layers);
        if paid_bps(&self.bids(claims)) > paid_bps(bids) {
            self.risen = Some(now);
        }
    }

    /// The bids, as far as each may rise without having waited.
    fn held(&self, bids: &[Bid], may_return: bool) -> Vec<Bid> {
        let held = bids.iter().zip(self.given.values());
        held.map(|(bid, given)| Bid {
            highest: given.highest_at_once(may_return),
            ..*bid
        })
        .collect()
    }

    /// Whether the link fell short of what it seemed to carry, and seems to carry much the same.
    fn has_failed(&self) -> bool {
        let has_changed = self.estimate_bps >= self.fallen_bps * CHANGED_FACTOR;
        self.failures > CHANGES_MAX || (self.failures > 0 && !has_changed)
    }

    fn hold_off(&self) -> Duration {
        if !self.has_failed() {
            return RISE_PATIENCE;
        }
        let doubled = self.failures.saturating_sub(1).min(HOLD_OFFS_DOUBLED_MAX);
        HOLD_OFF_MIN * 2_u32.pow(doubled)
    }

    fn note_fall(&mut self, now: Instant, sent_bps: u64) {
        let is_soon = |risen: Instant| now < risen + CHANGED_AFTER;
        let is_near = self.estimate_bps >= sent_bps / CHANGED_DIVISOR;
        match self.risen.take() {
            Some(risen) if is_near || is_soon(risen) => self.failures += 1,
            None if is_near => self.failures = self.failures.max(1),
            _ => {}
        }
        self.fallen_bps = self.estimate_bps;
        self.room_since = None;
        self.shortage = Shortage::default();
        self.given
            .values_mut()
            .for_each(|given| given.is_fresh = false);
    }

    fn give(&mut self, claims: &BTreeMap<TrackId, Claim>, layers: Vec<Option<usize>>) {
        for (track, layer) in claims.keys().zip(layers) {
            if let Some(given) = self.given.get_mut(track) {
                given.layer = layer;
            }
        }
    }
}

fn filled(estimate_bps: u64) -> u64 {
    estimate_bps / 100 * FILLED_PERCENT
}

/// What the picture on credit takes that the link is not known to carry.
fn owed_bps(bids: &[Bid]) -> u64 {
    let on_credit = bids.iter().filter(|bid| bid.is_on_credit);
    on_credit
        .map(|bid| bid.claim.cost(bid.had.min(Some(0))))
        .sum()
}

/// What all that the bids had takes, without that.
fn paid_bps(bids: &[Bid]) -> u64 {
    cost_bps(bids).saturating_sub(owed_bps(bids))
}

/// What their least layers take, without that.
fn least_bps(bids: &[Bid]) -> u64 {
    let paid = bids.iter().filter(|bid| !bid.is_on_credit);
    paid.map(|bid| bid.claim.cost(bid.had.min(Some(0)))).sum()
}

/// What is left to the bids when the link does not carry what they had.
fn lesser(verdict: Verdict, room_bps: u64, bids: &[Bid]) -> Vec<Option<usize>> {
    if verdict == Verdict::Fits {
        return bids.iter().map(|bid| bid.had).collect();
    }
    let falling: Vec<Bid> = (bids.iter())
        .map(|bid| Bid {
            highest: bid.had,
            is_on_credit: bid.is_on_credit || verdict == Verdict::Lowers,
            ..*bid
        })
        .collect();
    share(room_bps, &falling)
}
