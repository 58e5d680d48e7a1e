//! The pacer over time.

use super::*;

#[expect(clippy::disallowed_methods, reason = "any moment will do")]
fn moment() -> Instant {
    Instant::now()
}

fn token(stream: u32, sequence: u64, bytes: u32) -> Token {
    Token {
        stream,
        sequence,
        bytes,
    }
}

/// Plays until nothing waits: when each packet or padding left, in microseconds.
fn drain(pacer: &mut Pacer, from: Instant) -> Vec<(u128, Release)> {
    let (mut now, mut left) = (from, Vec::new());
    loop {
        while let Some(release) = pacer.poll(now) {
            left.push(((now - from).as_micros(), release));
        }
        match pacer.deadline() {
            Some(deadline) => now = now.max(deadline),
            None => return left,
        }
    }
}

#[test]
fn what_fits_leaves_at_once_and_nothing_is_due_after_it() {
    let now = moment();
    let mut pacer = Pacer::new(now, 1_000_000);
    let verdict = pacer.offer(now, Priority::Video, token(1, 1, 1200));
    assert_eq!(verdict, Verdict::Send(None));
    assert_eq!(pacer.deadline(), None);
    assert_eq!(pacer.poll(now), None);
}

#[test]
fn a_keyframe_leaves_in_runs_above_the_estimate_and_sound_does_not_wait_for_it() {
    let now = moment();
    let mut pacer = Pacer::new(now, 1_000_000);
    let mut waiting = 0;
    for sequence in 0..30 {
        let verdict = pacer.offer(now, Priority::Video, token(1, sequence, 1250));
        waiting += usize::from(verdict == Verdict::Wait);
    }
    assert_eq!(waiting, 28, "one run is of two packets here");
    let verdict = pacer.offer(now, Priority::Audio, token(2, 0, 100));
    assert_eq!(verdict, Verdict::Send(None));
    assert_eq!(
        pacer.offer(now, Priority::Resend, token(3, 0, 100)),
        Verdict::Wait
    );
    let left = drain(&mut pacer, now);
    assert!(matches!(
        left[0].1,
        Release::Packet(Token { stream: 3, .. }, None)
    ));
    assert_eq!(left.len(), 29);
    let last_us = left[28].0;
    assert!(
        (150_000..200_000).contains(&last_us),
        "300 kbit in {last_us} µs"
    );
    let runs = left
        .windows(2)
        .filter(|pair| pair[0].0 != pair[1].0)
        .count();
    assert!(runs < 16, "{runs} runs");
}

/// A keyframe is larger than what a link is believed to carry that nobody has tried.
#[test]
fn whatever_the_estimate_a_queue_is_gone_within_a_second() {
    let mut now = moment();
    let mut pacer = Pacer::new(now, 300_000);
    let keyframe = (0..240).map(|sequence| token(1, sequence, 1_250));
    let waiting = keyframe.filter(|&one| pacer.offer(now, Priority::Video, one) == Verdict::Wait);
    let waiting = waiting.count();
    assert!(waiting > 200 && pacer.is_late());
    let (began, mut left) = (now, waiting);
    while left > 0 {
        now = pacer.deadline().unwrap();
        left -= std::iter::from_fn(|| pacer.poll(now)).count();
    }
    // It leaves the more slowly the less is left.
    assert!(now - began < 3 * QUEUE_MAX, "{:?}", now - began);
    assert!(!pacer.is_late());
}

#[test]
fn too_many_are_refused_and_a_stream_can_be_forgotten() {
    let now = moment();
    let mut pacer = Pacer::new(now, 100_000);
    let count = u64::try_from(WAITING_MAX).unwrap() + 10;
    let verdicts: Vec<Verdict> = (0..count)
        .map(|sequence| pacer.offer(now, Priority::Video, token(1, sequence, 1250)))
        .collect();
    assert_eq!(verdicts.last(), Some(&Verdict::Refuse));
    assert_eq!(
        pacer.offer(now, Priority::Audio, token(2, 0, 100)),
        Verdict::Send(None)
    );
    assert!(!pacer.forget(3), "nothing waits of that");
    assert!(pacer.is_late() && pacer.forget(1) && !pacer.is_late());
    assert_eq!(pacer.deadline(), None);
}

#[test]
fn sound_counts() {
    let now = moment();
    let mut pacer = Pacer::new(now, 100_000);
    for sequence in 0..30 {
        pacer.offer(now, Priority::Audio, token(2, sequence, 100));
    }
    assert_eq!(
        pacer.offer(now, Priority::Video, token(1, 0, 1250)),
        Verdict::Wait
    );
    let left = drain(&mut pacer, now);
    assert!(
        (150_000..170_000).contains(&left[0].0),
        "after {} µs",
        left[0].0
    );
}

#[test]
fn a_probe_leaves_at_its_rate_with_what_waits_and_then_padding() {
    let now = moment();
    let mut pacer = Pacer::new(now, 300_000);
    for sequence in 0..5 {
        pacer.offer(now, Priority::Video, token(1, sequence, 1200));
    }
    let probe = Probe {
        cluster: ClusterId(7),
        bps: 2_000_000,
        bytes: 12_000,
        packets: 5,
    };
    pacer.probe(now, probe);
    let left = drain(&mut pacer, now);
    let of_media =
        |(_, release): &&(u128, Release)| matches!(release, Release::Packet(_, Some(ClusterId(7))));
    assert_eq!(left.iter().filter(of_media).count(), 3);
    assert_eq!(left.len(), 10);
    let last_us = left[9].0;
    assert!(
        (42_000..45_000).contains(&last_us),
        "10.8 kB in {last_us} µs"
    );
    assert_eq!(pacer.deadline(), None, "no padding after it");
}
