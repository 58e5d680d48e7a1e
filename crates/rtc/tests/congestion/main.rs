//! Congestion control over modelled links: each test is a gate, and prints its rows of the table of runs.
//!
//! `cargo test -p visio-rtc --test congestion -- --nocapture --test-threads 1` shows the table: least,
//! mean and greatest estimate, and what arrived, for the first seed; below it the worst of all seeds.

mod bed;
mod bottleneck;
mod flow;

use bed::{Run, Sample, run};
use bottleneck::{Link, Loss};
use flow::{Picture, Script};

const SEEDS: u64 = 10;

fn smooth(bps: f64) -> Script {
    Script {
        picture: Picture::Smooth(bps),
        desired_bps: vec![(0.0, bps)],
    }
}

/// A camera's layers.
fn layers() -> Script {
    Script {
        picture: Picture::Layers(vec![90e3, 300e3, 1000e3, 2500e3]),
        desired_bps: vec![(0.0, 2.6e6)],
    }
}

/// The sender that follows the estimate, and the one that steps.
fn both(bps: f64) -> [(&'static str, Script); 2] {
    [("smooth", smooth(bps)), ("layers", layers())]
}

fn runs(link: &Link, scripts: &[Script], until: f64) -> Vec<Run> {
    (0..SEEDS)
        .map(|seed| run(link, scripts, until, seed))
        .collect()
}

fn is_at_least(bps: f64) -> impl Fn(&Sample) -> bool {
    move |sample| sample.estimates_bps[0] >= bps
}

/// The greatest of a figure over all runs.
fn most(runs: &[Run], of: impl Fn(&Run) -> f64) -> f64 {
    runs.iter().map(of).fold(f64::MIN, f64::max)
}

/// The least.
fn least(runs: &[Run], of: impl Fn(&Run) -> f64) -> f64 {
    runs.iter().map(of).fold(f64::MAX, f64::min)
}

#[test]
fn a_wide_link_is_believed_within_three_seconds() {
    for (kind, script) in both(2.6e6) {
        let runs = runs(&Link::of(20e6), &[script], 10.0);
        println!("{}", runs[0].row(&format!("20 Mbit/s, {kind}"), 0.0, 10.0));
        let up = most(&runs, |run| run.settles(0.0, 10.0, is_at_least(2e6)));
        println!("    2 Mbit/s after {up:.2} s");
        assert!(up <= 3.0);
    }
}

#[test]
fn a_thin_link_is_noticed_within_two_seconds_and_a_wide_one_within_five() {
    let mut link = Link::of(0.0);
    link.rate_bps = vec![(0.0, 2e6), (20.0, 300e3), (50.0, 2e6)];
    for (kind, script) in both(2.6e6) {
        let runs = runs(&link, &[script], 75.0);
        for (name, from, until) in [
            ("2000", 5.0, 20.0),
            ("2000 to 300", 20.0, 25.0),
            ("300", 25.0, 50.0),
            ("300 to 2000", 50.0, 55.0),
        ] {
            println!("{}", runs[0].row(&format!("{name}, {kind}"), from, until));
        }
        let is_low = |sample: &Sample| sample.estimates_bps[0] < 330e3;
        let is_short = |sample: &Sample| sample.queue_ms < 100.0;
        let down = most(&runs, |run| run.settles(20.0, 25.0, is_low));
        let short = most(&runs, |run| run.settles(20.0, 25.0, is_short));
        let up = most(&runs, |run| run.reaches(50.0, 75.0, is_at_least(1.6e6)));
        println!(
            "    330 kbit/s after {down:.2} s, queue of 100 ms after {short:.2} s, 1.6 Mbit/s after {up:.2} s"
        );
        assert!(down <= 2.0);
        assert!(short <= 3.0);
        assert!(up <= 5.0);
    }
}

#[test]
fn a_link_that_loses_reports_is_followed_too() {
    let mut link = Link::of(0.0);
    link.lost_reports = 0.1;
    link.rate_bps = vec![(0.0, 2e6), (20.0, 300e3), (50.0, 2e6)];
    let runs = runs(&link, &[smooth(2.6e6)], 75.0);
    println!("{}", runs[0].row("a tenth of the reports lost", 5.0, 20.0));
    let wide = most(&runs, |run| run.reaches(0.0, 20.0, is_at_least(1.6e6)));
    let is_low = |sample: &Sample| sample.estimates_bps[0] < 330e3;
    let down = most(&runs, |run| run.settles(20.0, 25.0, is_low));
    let up = most(&runs, |run| run.reaches(50.0, 75.0, is_at_least(1.6e6)));
    println!(
        "    1.6 Mbit/s after {wide:.2} s, 330 kbit/s after {down:.2} s, 1.6 Mbit/s after {up:.2} s"
    );
    assert!(wide <= 5.0);
    assert!(down <= 2.0);
    assert!(up <= 6.0);
}

#[test]
fn sound_survives_joining_on_a_thin_link() {
    for (kind, script) in both(2.6e6) {
        let runs = runs(&Link::of(300e3), &[script], 20.0);
        println!(
            "{}",
            runs[0].row(&format!("joining on 300, {kind}"), 0.0, 5.0)
        );
        let late = most(&runs, |run| run.sound_ms(0.0, 5.0));
        println!("    sound waits {late:.0} ms (p95)");
        assert!(late <= 300.0);
    }
}

#[test]
fn a_steady_link_is_used_and_not_overfilled() {
    let runs = runs(&Link::of(1e6), &[smooth(2.5e6)], 70.0);
    println!("{}", runs[0].row("1 Mbit/s", 10.0, 70.0));
    let lowest = least(&runs, |run| run.least_bps(10.0, 70.0));
    let highest = most(&runs, |run| run.most_bps(10.0, 70.0));
    let used = least(&runs, |run| run.received_bps(0, 10.0, 70.0));
    println!("    estimate {lowest:.0} to {highest:.0}, used {used:.0} bit/s");
    assert!(lowest >= 750e3);
    assert!(highest <= 1050e3);
    assert!(used >= 800e3);
}

#[test]
fn jitter_is_no_overuse() {
    for correlation_ms in [1.0, 40.0, 200.0] {
        let mut link = Link::of(10e6);
        (link.jitter_ms, link.correlation_ms) = (50.0, correlation_ms);
        let runs = runs(&link, &[smooth(1.5e6)], 90.0);
        let name = format!("jitter of 50 ms, alike for {correlation_ms} ms");
        println!("{}", runs[0].row(&name, 30.0, 90.0));
        let believed = most(&runs, |run| run.reaches(0.0, 90.0, is_at_least(1.5e6)));
        let is_below = |sample: &Sample| sample.estimates_bps[0] < 1.5e6;
        let below = most(&runs, |run| run.longest(30.0, 90.0, is_below));
        println!("    believed after {believed:.2} s, then below what is sent for {below:.2} s");
        assert!(believed <= 20.0);
        assert!(below <= 1.0);
    }
}

#[test]
fn random_loss_is_no_congestion() {
    for (name, loss, bound_bps) in [
        ("10 %", Loss::Random(0.1), 1.2e6),
        ("20 %", Loss::Random(0.2), 0.9e6),
        ("bursts", Loss::Bursts(0.005, 0.05, 0.5), 0.7e6),
    ] {
        let mut link = Link::of(20e6);
        link.loss = loss;
        let runs = runs(&link, &[smooth(1.5e6)], 75.0);
        println!(
            "{}",
            runs[0].row(&format!("20 Mbit/s, loss of {name}"), 15.0, 75.0)
        );
        let lowest = least(&runs, |run| run.least_bps(15.0, 75.0));
        let mean = least(&runs, |run| run.mean_bps(15.0, 75.0));
        println!("    estimate {lowest:.0} at the least, {mean:.0} bit/s in the mean");
        assert!(lowest >= bound_bps);
        assert!(mean >= 1.5e6);
    }
}

#[test]
fn loss_in_a_short_queue_is_congestion() {
    let mut link = Link::of(1e6);
    link.queue_ms = 5.0;
    let runs = runs(&link, &[smooth(2.5e6)], 65.0);
    println!(
        "{}",
        runs[0].row("1 Mbit/s with a queue of two packets", 10.0, 65.0)
    );
    let mean = most(&runs, |run| run.mean_bps(10.0, 65.0));
    println!("    estimate {mean:.0} bit/s in the mean");
    assert!(mean < 1.1e6);
}

#[test]
fn who_only_listens_is_sent_nothing_else() {
    let listener = Script {
        picture: Picture::None,
        desired_bps: vec![(0.0, 0.0)],
    };
    let runs = runs(&Link::of(64e3), &[listener], 60.0);
    println!("{}", runs[0].row("64 kbit/s, sound alone", 0.0, 60.0));
    for run in &runs {
        assert_eq!((run.flows[0].probes, run.flows[0].padding_bytes), (0, 0));
        assert!(run.received_bps(0, 0.0, 60.0) > 38e3);
    }
}

#[test]
fn two_flows_share_a_link() {
    let late = Script {
        desired_bps: vec![(0.0, 0.0), (10.0, 5e6)],
        ..smooth(5e6)
    };
    let runs = runs(&Link::of(3e6), &[smooth(5e6), late], 100.0);
    println!("{}", runs[0].row("3 Mbit/s, first of two", 40.0, 100.0));
    let of = |run: &Run, flow| run.received_bps(flow, 40.0, 100.0);
    let smallest = least(&runs, |run| of(run, 0) / of(run, 1));
    let largest = most(&runs, |run| of(run, 0) / of(run, 1));
    let used = least(&runs, |run| of(run, 0) + of(run, 1));
    println!("    first to second {smallest:.2} to {largest:.2}, together {used:.0} bit/s");
    assert!(smallest >= 0.5);
    assert!(largest <= 2.0);
    assert!(used >= 2.2e6);
}

#[test]
fn a_path_that_becomes_longer_is_no_queue() {
    let mut link = Link::of(5e6);
    link.longer_ms = (20.0, 100.0);
    let runs = runs(&link, &[smooth(2.5e6)], 40.0);
    println!(
        "{}",
        runs[0].row("5 Mbit/s, path 100 ms longer", 20.0, 40.0)
    );
    let lowest = least(&runs, |run| run.least_bps(20.0, 40.0));
    let up = most(&runs, |run| run.settles(20.0, 40.0, is_at_least(2.2e6)));
    println!("    estimate {lowest:.0} bit/s at the least, 2.2 Mbit/s again after {up:.2} s");
    assert!(lowest >= 0.7e6);
    assert!(up <= 6.0);
}

#[test]
fn other_traffic_is_given_way_and_its_end_is_noticed() {
    let mut link = Link::of(3e6);
    link.others_bps = vec![(20.0, 40.0, 2e6)];
    let runs = runs(&link, &[smooth(2.5e6)], 60.0);
    println!(
        "{}",
        runs[0].row("3 Mbit/s, 2 Mbit/s of others", 22.0, 40.0)
    );
    let is_long = |sample: &Sample| sample.queue_ms > 150.0;
    let long = most(&runs, |run| run.longest(23.0, 40.0, is_long));
    let up = most(&runs, |run| run.reaches(40.0, 60.0, is_at_least(2e6)));
    println!("    queue above 150 ms for {long:.2} s, 2 Mbit/s again after {up:.2} s");
    assert!(long < 1.0);
    assert!(up <= 6.0);
}

#[test]
fn an_outage_is_come_back_from_at_once() {
    let mut link = Link::of(0.0);
    link.rate_bps = vec![(0.0, 3e6), (20.0, 0.0), (25.0, 3e6)];
    for (kind, script) in both(2.5e6) {
        let runs = runs(&link, &[script], 40.0);
        println!(
            "{}",
            runs[0].row(&format!("outage of 5 s, {kind}"), 25.0, 40.0)
        );
        let is_floor = |sample: &Sample| sample.estimates_bps[0] < 64e3;
        let former_bps = |run: &Run| run.least_bps(19.0, 20.0).min(2.5e6);
        let fell = most(&runs, |run| run.reaches(20.0, 25.0, is_floor));
        let up = most(&runs, |run| {
            run.settles(25.0, 40.0, is_at_least(0.8 * former_bps(run)))
        });
        println!("    floor after {fell:.2} s, 80 % again after {up:.2} s");
        assert!(fell <= 1.5);
        assert!(up <= 2.0);
    }
}
