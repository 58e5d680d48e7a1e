//! What one camera, or several pictures, get while the estimate of a link changes over time.

use super::*;
use crate::bandwidth::allocate::tests::{CAMERA, SHARE};
use std::f64::consts::TAU;

const SOUND_BPS: u64 = 40_000;
const SOUND: Sound = Sound {
    sent_bps: SOUND_BPS,
    reserved_bps: SOUND_BPS,
};
const ALICE: TrackId = TrackId(1);
const CAROL: TrackId = TrackId(2);
const SCREEN: TrackId = TrackId(3);

/// Estimates come this often, and the link is shared out at each fifth.
const TICK: Duration = Duration::from_millis(50);
const TICKS_PER_SECOND: f64 = 20.0;
const UPDATE_TICKS: u32 = 5;

/// A subscriber's link in time.
struct Line {
    now: Instant,
    ticks: u32,
    allocator: Allocator,
    claims: BTreeMap<TrackId, Claim>,
    /// When a layer of anybody changed, in seconds.
    changes: Vec<f64>,
}

impl Line {
    #[expect(
        clippy::disallowed_methods,
        reason = "any moment will do: only differences to it matter"
    )]
    fn new<const N: usize>(claims: [(TrackId, Claim); N]) -> Self {
        let mut line = Self {
            now: Instant::now(),
            ticks: 0,
            allocator: Allocator::new(300_000),
            claims: BTreeMap::from(claims),
            changes: Vec::new(),
        };
        line.share_out();
        line
    }

    /// Alice's camera on a link that was wide for a minute.
    fn wide() -> Self {
        let mut line = Self::new([(ALICE, CAMERA)]);
        line.pass(60.0, |_| 5_000_000);
        assert_eq!(line.layer(ALICE), Some(2));
        line
    }

    fn layer(&self, track: TrackId) -> Option<usize> {
        self.allocator.layer(track)
    }

    fn layers(&self) -> Vec<Option<usize>> {
        self.claims.keys().map(|track| self.layer(*track)).collect()
    }

    fn share_out(&mut self) -> bool {
        let before = self.layers();
        let drowns = self.allocator.update(self.now, SOUND, &self.claims);
        let after = self.layers();
        let changed = before
            .iter()
            .zip(&after)
            .filter(|(one, other)| one != other);
        let at = f64::from(self.ticks) / TICKS_PER_SECOND;
        self.changes.extend(changed.map(|_| at));
        drowns
    }

    fn tick(&mut self, estimate_bps: u64) {
        self.now += TICK;
        self.ticks += 1;
        if self.allocator.estimated(estimate_bps) || self.ticks.is_multiple_of(UPDATE_TICKS) {
            self.share_out();
        }
    }

    /// Seconds with these estimates pass.
    fn pass(&mut self, seconds: f64, estimate_bps: impl Fn(f64) -> u64) {
        for step in 0..ticks(seconds) {
            self.tick(estimate_bps(f64::from(step) / TICKS_PER_SECOND));
        }
    }

    /// How many seconds of this estimate pass until a picture has a layer.
    fn until(&mut self, track: TrackId, layer: Option<usize>, estimate_bps: u64) -> f64 {
        let began = self.ticks;
        while self.layer(track) != layer {
            assert!(self.ticks < began + ticks(200.0), "{:?}", self.layer(track));
            self.tick(estimate_bps);
        }
        f64::from(self.ticks - began) / TICKS_PER_SECOND
    }

    /// The most changes in any minute that begins at this second or later.
    fn changes_a_minute(&self, from: f64) -> usize {
        let later = || self.changes.iter().filter(|at| **at >= from);
        let in_minute = |begin: &f64| {
            later()
                .filter(|at| (*begin..begin + 60.0).contains(at))
                .count()
        };
        later().map(in_minute).max().unwrap_or(0)
    }

    /// What is sent with the sound.
    fn sent_bps(&self) -> u64 {
        let costs = self
            .claims
            .iter()
            .map(|(track, claim)| claim.cost(self.layer(*track)));
        SOUND_BPS + costs.sum::<u64>()
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "minutes are far from any limit"
)]
fn ticks(seconds: f64) -> u32 {
    (seconds * TICKS_PER_SECOND) as u32
}

/// An estimate that swings by a fifth around a middle.
fn swing(middle_bps: f64, period_s: f64, phase: f64) -> impl Fn(f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "megabits are far from any limit"
    )]
    move |at| (middle_bps * (1.0 + 0.2 * (TAU * (at / period_s + phase)).sin())) as u64
}

const PERIODS_S: [f64; 10] = [0.25, 0.3, 0.5, 0.7, 1.0, 2.0, 3.3, 5.0, 7.0, 10.0];

#[test]
fn an_estimate_that_swings_around_a_step_moves_no_layer_more_than_once_a_minute() {
    let steps = CAMERA.bitrates_bps.into_iter();
    for middle in
        steps.flat_map(|bps| [0.9, 1.0, 1.1, 1.2, 1.28].map(|of| (bps + SOUND_BPS) as f64 * of))
    {
        for period_s in PERIODS_S {
            for phase in [0.0, 0.25, 0.5, 0.75] {
                let mut line = Line::new([(ALICE, CAMERA)]);
                line.pass(310.0, swing(middle, period_s, phase));
                let most = line.changes_a_minute(10.0);
                assert!(
                    most <= 1,
                    "{most} a minute around {middle}, every {period_s} s from {phase}: {:?}",
                    line.changes
                );
            }
        }
    }
}

#[test]
fn a_swing_that_begins_in_mid_call_is_soon_seen_through() {
    for middle in [540_000.0, 1_740_000.0, 1_900_000.0, 2_100_000.0] {
        for period_s in PERIODS_S {
            let mut line = Line::wide();
            line.pass(310.0, swing(middle, period_s, 0.0));
            let most = line.changes_a_minute(75.0);
            assert!(
                most <= 1,
                "{most} around {middle}, every {period_s} s: {:?}",
                line.changes
            );
        }
    }
}

#[test]
fn a_call_begins_with_the_least_layer_and_is_better_as_soon_as_the_estimate_rises() {
    let mut line = Line::new([(ALICE, CAMERA)]);
    assert_eq!(line.layer(ALICE), Some(0), "nothing is known of the link");
    let seconds = line.until(ALICE, Some(1), 900_000);
    assert!(seconds <= 0.5, "{seconds} s");
    let seconds = line.until(ALICE, Some(2), 2_200_000);
    assert!(seconds <= 0.5, "{seconds} s");
}

#[test]
fn a_link_that_becomes_thin_is_followed_at_once_and_one_that_becomes_wide_in_three_seconds() {
    let mut line = Line::wide();
    line.pass(5.0, |_| 2_000_000);
    assert_eq!(line.layer(ALICE), Some(2));
    line.tick(300_000);
    assert_eq!(line.layer(ALICE), Some(0));
    line.pass(30.0, |_| 300_000);
    assert_eq!(line.layer(ALICE), Some(0));
    let seconds = line.until(ALICE, Some(2), 2_000_000);
    assert!((1.0..=3.0).contains(&seconds), "{seconds} s");
}

#[test]
fn an_estimate_that_is_a_little_low_for_a_moment_changes_nothing() {
    let mut line = Line::wide();
    for _ in 0..10 {
        line.pass(1.5, |_| 1_600_000);
        line.pass(0.5, |_| 1_800_000);
    }
    assert_eq!(line.layer(ALICE), Some(2));
    line.pass(2.5, |_| 1_600_000);
    assert_eq!(line.layer(ALICE), Some(1), "it lasts");
}

#[test]
fn who_falls_again_and_again_rises_ever_later() {
    let mut line = Line::wide();
    let mut waits = Vec::new();
    for _ in 0..6 {
        line.tick(1_400_000);
        assert_eq!(line.layer(ALICE), Some(1));
        waits.push(line.until(ALICE, Some(2), 2_600_000));
        line.pass(1.0, |_| 2_600_000);
    }
    for (wait, least) in waits.iter().zip([8.0, 16.0, 32.0, 64.0, 64.0, 64.0]) {
        assert!((least..least + 1.0).contains(wait), "{waits:?}");
    }
    line.pass(62.0, |_| 2_600_000);
    line.tick(1_400_000);
    let wait = line.until(ALICE, Some(2), 2_600_000);
    assert!(
        (8.0..9.0).contains(&wait),
        "{wait} s after a rise that lasted"
    );
}

#[test]
fn a_link_that_becomes_thin_in_steps_has_failed_once() {
    let mut line = Line::wide();
    line.tick(1_400_000);
    line.pass(1.0, |_| 1_400_000);
    line.tick(450_000);
    assert_eq!(line.layer(ALICE), Some(0));
    let wait = line.until(ALICE, Some(1), 700_000);
    assert!((8.0..9.0).contains(&wait), "{wait} s");
}

#[test]
fn a_link_that_carries_far_more_than_when_it_fell_short_is_believed_soon() {
    let mut line = Line::wide();
    line.pass(10.0, |_| 1_000_000);
    assert_eq!(line.layer(ALICE), Some(1));
    let wait = line.until(ALICE, Some(2), 2_100_000);
    assert!(wait < 3.0, "{wait} s");
}

#[test]
fn what_is_kept_for_sound_holds_pictures_down_and_takes_none_away() {
    let mut line = Line::wide();
    let speaking = Sound {
        reserved_bps: 120_000,
        ..SOUND
    };
    for (estimate_bps, layer) in [
        (1_900_000, 2),
        (1_790_000, 2),
        (1_500_000, 1),
        (1_950_000, 1),
    ] {
        for _ in 0..60 {
            line.now += Duration::from_millis(250);
            line.allocator.estimated(estimate_bps);
            line.allocator.update(line.now, speaking, &line.claims);
        }
        assert_eq!(line.layer(ALICE), Some(layer), "at {estimate_bps}");
    }
}

#[test]
fn a_screen_is_shown_at_once_at_the_start_of_a_call_and_stays_while_the_estimate_rises() {
    let mut line = Line::new([(ALICE, CAMERA), (SCREEN, SHARE)]);
    assert_eq!(line.layer(SCREEN), Some(0));
    assert_eq!(line.layer(ALICE), None, "it takes all");
    line.pass(0.3, |_| 300_000);
    line.pass(0.3, |_| 900_000);
    line.pass(0.3, |_| 1_800_000);
    line.pass(1.0, |_| 3_600_000);
    assert_eq!(line.layers(), [Some(2), Some(0)]);
    assert_eq!(line.changes.len(), 2, "one each");
}

#[test]
fn a_screen_that_the_link_does_not_carry_is_paused_as_soon_as_the_estimate_falls() {
    let mut line = Line::new([(SCREEN, SHARE)]);
    line.pass(0.3, |_| 300_000);
    assert_eq!(line.layer(SCREEN), Some(0));
    line.tick(212_000);
    assert_eq!(line.layer(SCREEN), None);
    line.pass(60.0, |_| 250_000);
    assert_eq!(line.layer(SCREEN), None);
}

#[test]
fn a_screen_that_the_estimate_does_not_reach_is_paused_after_seconds() {
    let mut line = Line::new([(SCREEN, SHARE)]);
    line.pass(2.5, |_| 600_000);
    assert_eq!(line.layer(SCREEN), Some(0), "probes are under way");
    line.pass(1.0, |_| 600_000);
    assert_eq!(line.layer(SCREEN), None);
}

#[test]
fn a_screen_is_new_once() {
    let mut line = Line::new([(ALICE, CAMERA)]);
    line.pass(10.0, |_| 400_000);
    line.claims.insert(SCREEN, SHARE);
    line.share_out();
    assert_eq!(
        line.layers(),
        [Some(0), Some(0)],
        "the link is not known to carry both"
    );
    line.tick(340_000);
    assert_eq!(line.layers(), [Some(0), None]);
    let elsewhere = Claim {
        wanted: None,
        ..SHARE
    };
    for claim in [elsewhere, SHARE] {
        line.claims.insert(SCREEN, claim);
        line.pass(1.0, |_| 340_000);
        assert_eq!(line.layers(), [Some(0), None]);
    }
}

#[test]
fn a_screen_that_was_paused_is_probed_for_and_comes_back_when_the_link_carries_it() {
    let mut line = Line::new([(SCREEN, SHARE)]);
    line.tick(212_000);
    assert_eq!(line.layer(SCREEN), None);
    let desired_bps = line.allocator.desired_bps(SOUND, &line.claims);
    assert!(desired_bps > 1_540_000 * 10 / 9, "{desired_bps}");
    let still = Claim {
        bitrates_bps: [0; 3],
        ..SHARE
    };
    line.claims.insert(SCREEN, still);
    line.pass(20.0, |_| 250_000);
    assert_eq!(
        line.layer(SCREEN),
        None,
        "a slide that stands still is not for nothing"
    );
    assert_eq!(line.allocator.desired_bps(SOUND, &line.claims), desired_bps);
    let seconds = line.until(SCREEN, Some(0), desired_bps * 19 / 20);
    assert!(seconds <= 1.0, "{seconds} s");
}

#[test]
fn what_stood_still_for_long_is_tried_again() {
    let mut line = Line::new([(SCREEN, SHARE)]);
    line.tick(212_000);
    let still = Claim {
        bitrates_bps: [0; 3],
        ..SHARE
    };
    line.claims.insert(SCREEN, still);
    let seconds = line.until(SCREEN, Some(0), 250_000);
    assert!((29.0..31.0).contains(&seconds), "{seconds} s");
}

#[test]
fn after_an_outage_the_picture_is_there_at_once() {
    let mut line = Line::wide();
    line.tick(30_000);
    assert_eq!(line.layer(ALICE), None);
    line.pass(5.0, |_| 30_000);
    let seconds = line.until(ALICE, Some(0), 300_000);
    assert!(seconds <= 0.5, "{seconds} s");
}

#[test]
fn a_least_layer_outlasts_an_estimate_that_is_low_while_a_queue_drains() {
    let mut line = Line::wide();
    line.tick(150_000);
    line.pass(2.5, |_| 150_000);
    assert_eq!(line.layer(ALICE), Some(0));
    line.pass(1.0, |_| 150_000);
    assert_eq!(line.layer(ALICE), None, "it lasts");
}

#[test]
fn a_screen_takes_the_room_of_faces_at_once_and_gives_it_back() {
    let mut line = Line::new([(ALICE, CAMERA)]);
    line.pass(5.0, |_| 2_400_000);
    assert_eq!(line.layer(ALICE), Some(2));
    line.claims.insert(SCREEN, SHARE);
    line.pass(0.5, |_| 2_400_000);
    assert_eq!(line.layers(), [Some(1), Some(0)]);
    line.pass(60.0, |_| 2_400_000);
    assert_eq!(line.layers(), [Some(1), Some(0)]);
    line.claims.remove(&SCREEN);
    let seconds = line.until(ALICE, Some(2), 2_400_000);
    assert!(seconds <= 3.0, "{seconds} s");
}

#[test]
fn two_people_on_a_link_that_fits_one_high_layer_do_not_swap() {
    for (estimate_bps, period_s) in [(2_700_000.0, 0.7), (2_700_000.0, 3.0), (2_500_000.0, 10.0)] {
        let mut line = Line::new([(ALICE, CAMERA), (CAROL, CAMERA)]);
        let swing = swing(estimate_bps, period_s, 0.0);
        for step in 0..ticks(300.0) {
            // Their encoders are never still either.
            let at = f64::from(step) / TICKS_PER_SECOND;
            for (track, phase) in [(ALICE, 0), (CAROL, 3)] {
                let part = u64::from((step / 20 + phase) % 7);
                let rates = CAMERA.bitrates_bps.map(|bps| bps / 100 * (97 + part));
                let claim = Claim {
                    bitrates_bps: rates,
                    ..CAMERA
                };
                line.claims.insert(track, claim);
            }
            line.tick(swing(at));
        }
        let most = line.changes_a_minute(15.0);
        assert!(most <= 1, "{most} a minute: {:?}", line.changes);
    }
    let mut line = Line::new([(ALICE, CAMERA), (CAROL, CAMERA)]);
    line.pass(10.0, |_| 2_700_000);
    assert_eq!(line.layers(), [Some(2), Some(1)]);
}

#[test]
fn sound_is_never_starved() {
    let speaker = Claim {
        importance: Importance::Speaker,
        ..CAMERA
    };
    for estimate_bps in (30_000..4_000_000).step_by(130_000) {
        let mut line = Line::new([(ALICE, CAMERA), (CAROL, speaker), (SCREEN, SHARE)]);
        line.pass(10.0, |_| 6_000_000);
        assert_eq!(line.layers(), [Some(2), Some(2), Some(0)]);
        line.tick(estimate_bps);
        let sent = line.sent_bps();
        assert!(
            sent <= 2 * estimate_bps.max(SOUND_BPS),
            "{sent} at {estimate_bps} at once"
        );
        line.pass(6.5, |_| estimate_bps);
        for _ in 0..ticks(120.0) {
            line.tick(estimate_bps);
            let sent = line.sent_bps();
            assert!(
                sent <= estimate_bps.max(SOUND_BPS),
                "{sent} at {estimate_bps}"
            );
        }
    }
}

#[test]
fn a_tile_that_grows_gets_its_layer_at_once() {
    let small = Claim {
        wanted: Some(0),
        ..CAMERA
    };
    let mut line = Line::wide();
    line.tick(1_400_000);
    assert_eq!(line.layer(ALICE), Some(1), "the link falls short");
    line.claims.insert(ALICE, small);
    line.pass(1.0, |_| 3_000_000);
    assert_eq!(line.layer(ALICE), Some(0));
    line.claims.insert(ALICE, CAMERA);
    let seconds = line.until(ALICE, Some(2), 3_000_000);
    assert!(seconds <= 0.25, "{seconds} s");
}

#[test]
fn a_link_that_breaks_down_again_and_again_is_not_believed_to_have_changed() {
    let mut line = Line::wide();
    let mut waits = Vec::new();
    for _ in 0..5 {
        line.tick(30_000);
        assert_eq!(line.layer(ALICE), None);
        let shown = line.until(ALICE, Some(0), 5_000_000);
        waits.push((shown, line.until(ALICE, Some(2), 5_000_000)));
        line.pass(1.0, |_| 5_000_000);
    }
    let soon = |(shown, better): &(f64, f64)| *shown <= 0.5 && *better <= 3.0;
    assert!(waits[..4].iter().all(soon), "{waits:?}");
    let (shown, better) = waits[4];
    assert!((8.0..9.0).contains(&shown) && better > 50.0, "{waits:?}");
}

#[test]
fn who_sees_nothing_desires_the_sound_alone() {
    let elsewhere = Claim {
        wanted: None,
        ..CAMERA
    };
    let muted = Claim {
        is_muted: true,
        ..CAMERA
    };
    let line = Line::new([(ALICE, elsewhere), (CAROL, muted)]);
    let desired_bps = line.allocator.desired_bps(SOUND, &line.claims);
    assert_eq!(desired_bps, SOUND_BPS * DESIRED_PERCENT / 100);
}
