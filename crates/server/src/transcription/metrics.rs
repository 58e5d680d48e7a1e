//! What an operator can see of the transcription.

use metrics::{counter, gauge, histogram};
use std::time::Duration;
use visio_speech::Pass;
use visio_speech::scheduler::Counts;

/// Names every metric once, so that a graph shows zero and not nothing.
pub(super) fn describe() {
    metrics::describe_histogram!(
        "visio_captions_lag_seconds",
        metrics::Unit::Seconds,
        "From the end of the audio to its text, by pass"
    );
    metrics::describe_counter!(
        "visio_captions_partials_dropped_total",
        "Partial passes that were due and never run, because no thread was free before the utterance ended"
    );
    metrics::describe_counter!("visio_captions_finals_total", "Final lines stored");
    metrics::describe_counter!(
        "visio_captions_failed_total",
        "Passes in which the engine failed"
    );
    metrics::describe_counter!(
        "visio_captions_finals_dropped_total",
        "Utterances without a final pass, because their meeting said more than its share"
    );
    metrics::describe_counter!(
        "visio_captions_packets_dropped_total",
        "Audio packets dropped because the transcription did not take them in time"
    );
    metrics::describe_counter!(
        "visio_captions_packets_refused_total",
        "Audio packets dropped because their sender runs ahead of the clock"
    );
    metrics::describe_counter!(
        "visio_captions_panics_total",
        "Errors of Visio that interrupted a transcription; words spoken then are lost"
    );
    metrics::describe_gauge!("visio_captions_queue_depth", "Passes waiting for a thread");
    for name in [
        "visio_captions_partials_dropped_total",
        "visio_captions_finals_total",
        "visio_captions_failed_total",
        "visio_captions_finals_dropped_total",
        "visio_captions_packets_dropped_total",
        "visio_captions_packets_refused_total",
        "visio_captions_panics_total",
    ] {
        counter!(name).increment(0);
    }
    gauge!("visio_captions_queue_depth").set(0.0);
}

pub(super) fn lag(pass: Pass, lag: Duration) {
    let pass = match pass {
        Pass::Partial => "partial",
        Pass::Final => "final",
    };
    histogram!("visio_captions_lag_seconds", "pass" => pass).record(lag.as_secs_f64());
}

pub(super) fn count(counts: Counts) {
    counter!("visio_captions_partials_dropped_total").increment(counts.partials_dropped);
    counter!("visio_captions_finals_dropped_total").increment(counts.finals_dropped);
    counter!("visio_captions_packets_dropped_total").increment(counts.packets_dropped);
    counter!("visio_captions_packets_refused_total").increment(counts.packets_refused);
}

pub(super) fn finals_stored(lines: u64) {
    counter!("visio_captions_finals_total").increment(lines);
}

pub(super) fn failed() {
    counter!("visio_captions_failed_total").increment(1);
}

pub(super) fn panicked() {
    counter!("visio_captions_panics_total").increment(1);
}

pub(super) fn queue_depth(jobs: usize) {
    gauge!("visio_captions_queue_depth").set(jobs as f64);
}
