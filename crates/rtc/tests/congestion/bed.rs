//! Flows through one bottleneck in virtual time, and what was seen of them.

use crate::bottleneck::{Bottleneck, Link, STEP_US, seconds};
use crate::flow::{Flow, Script};
use std::time::Instant;

const SAMPLE_US: i64 = 10_000;

/// What is true at one moment; of each flow.
pub(crate) struct Sample {
    pub(crate) at: f64,
    pub(crate) queue_ms: f64,
    pub(crate) estimates_bps: Vec<f64>,
    /// So much arrived so far.
    pub(crate) received_bytes: Vec<u64>,
}

pub(crate) struct Run {
    pub(crate) samples: Vec<Sample>,
    pub(crate) flows: Vec<Flow>,
    /// How long each sound packet was on its way beyond propagation, with the time it arrived.
    pub(crate) audio_delays_ms: Vec<(f64, f64)>,
}

/// Plays the scripts for so many seconds.
pub(crate) fn run(link: &Link, scripts: &[Script], until: f64, seed: u64) -> Run {
    #[expect(clippy::disallowed_methods, reason = "any moment will do")]
    let origin = Instant::now();
    let delay_us = (link.delay_ms * 1e3) as i64;
    let mut bottleneck = Bottleneck::new(link.clone(), 1000 * seed);
    let flows = scripts.iter().zip(1000 * seed + 1..);
    let mut run = Run {
        samples: Vec::new(),
        flows: flows
            .map(|(script, seed)| Flow::new(origin, script.clone(), seed))
            .collect(),
        audio_delays_ms: Vec::new(),
    };
    let mut received_bytes = vec![0; scripts.len()];
    let mut now_us = 0;
    while seconds(now_us) < until {
        for (at, flow) in run.flows.iter_mut().enumerate() {
            for packet in flow.step(now_us, delay_us) {
                if packet.is_audio {
                    let queue_ms = bottleneck.queue_ms(now_us);
                    run.audio_delays_ms.push((seconds(now_us), queue_ms));
                }
                let flow = Some(at);
                bottleneck.offer(now_us, crate::bottleneck::Packet { flow, ..packet });
            }
        }
        for delivery in bottleneck.step(now_us) {
            let at = delivery.packet.flow.unwrap_or_default();
            received_bytes[at] += u64::from(delivery.packet.bytes);
            run.flows[at].arrived(delivery.packet.sequence, delivery.arrival_us);
        }
        let is_up = bottleneck.link.rate_at(seconds(now_us)) > 0.0;
        if Flow::is_report_due(now_us) && is_up {
            for flow in &mut run.flows {
                flow.report(now_us, delay_us, bottleneck.link.lost_reports);
            }
        }
        if now_us % SAMPLE_US == 0 {
            let estimates = run.flows.iter();
            run.samples.push(Sample {
                at: seconds(now_us),
                queue_ms: bottleneck.queue_ms(now_us),
                estimates_bps: estimates
                    .map(|flow| flow.control.estimate_bps() as f64)
                    .collect(),
                received_bytes: received_bytes.clone(),
            });
        }
        now_us += STEP_US;
    }
    run
}

impl Run {
    pub(crate) fn between(&self, from: f64, until: f64) -> impl Iterator<Item = &Sample> {
        let samples = self.samples.iter();
        samples.filter(move |sample| (from..until).contains(&sample.at))
    }

    /// The least estimate of the first flow.
    pub(crate) fn least_bps(&self, from: f64, until: f64) -> f64 {
        let estimates = self.between(from, until);
        let estimates = estimates.map(|sample| sample.estimates_bps[0]);
        estimates.fold(f64::MAX, f64::min)
    }

    pub(crate) fn most_bps(&self, from: f64, until: f64) -> f64 {
        let estimates = self.between(from, until);
        let estimates = estimates.map(|sample| sample.estimates_bps[0]);
        estimates.fold(0.0, f64::max)
    }

    pub(crate) fn mean_bps(&self, from: f64, until: f64) -> f64 {
        let estimates = self.between(from, until);
        let sum: f64 = estimates.map(|sample| sample.estimates_bps[0]).sum();
        sum / self.between(from, until).count() as f64
    }

    /// What arrived of a flow, in bit/s.
    pub(crate) fn received_bps(&self, flow: usize, from: f64, until: f64) -> f64 {
        let bytes = |sample: &Sample| sample.received_bytes[flow];
        let first = self.between(from, until).next().map_or(0, bytes);
        let last = self.between(from, until).last().map_or(0, bytes);
        (last - first) as f64 * 8.0 / (until - from)
    }

    /// After how long the condition holds until the end of the time; infinite if it does not.
    pub(crate) fn settles(&self, from: f64, until: f64, holds: impl Fn(&Sample) -> bool) -> f64 {
        let mut since = f64::INFINITY;
        for sample in self.between(from, until) {
            since = if holds(sample) {
                since.min(sample.at - from)
            } else {
                f64::INFINITY
            };
        }
        since
    }

    /// After how long the condition holds for the first time.
    pub(crate) fn reaches(&self, from: f64, until: f64, holds: impl Fn(&Sample) -> bool) -> f64 {
        let mut samples = self.between(from, until);
        let first = samples.find(|sample| holds(sample));
        first.map_or(f64::INFINITY, |sample| sample.at - from)
    }

    /// The longest time for which the condition held.
    pub(crate) fn longest(&self, from: f64, until: f64, holds: impl Fn(&Sample) -> bool) -> f64 {
        let (mut longest, mut lasting) = (0, 0);
        for sample in self.between(from, until) {
            lasting = if holds(sample) { lasting + 1 } else { 0 };
            longest = longest.max(lasting);
        }
        f64::from(longest) * seconds(SAMPLE_US)
    }

    /// How long 95 % of the sound packets waited at the most.
    pub(crate) fn sound_ms(&self, from: f64, until: f64) -> f64 {
        let sound = self.audio_delays_ms.iter();
        let sound = sound.filter(|(at, _)| (from..until).contains(at));
        percentile(sound.map(|(_, ms)| *ms).collect(), 0.95)
    }

    /// One line of the table of runs.
    pub(crate) fn row(&self, name: &str, from: f64, until: f64) -> String {
        let least = self.least_bps(from, until);
        let most = self.most_bps(from, until);
        let mean = self.mean_bps(from, until);
        let queues = self.between(from, until).map(|sample| sample.queue_ms);
        let queue = percentile(queues.collect(), 0.95);
        let sound = self.sound_ms(from, until);
        let received = self.received_bps(0, from, until);
        let Flow {
            probes,
            padding_bytes,
            refused,
            ..
        } = self.flows[0];
        format!(
            "{name:<44} estimate {:>5.0} {:>5.0} {:>5.0} received {:>5.0} kbit/s, \
             queue p95 {queue:>4.0} sound p95 {sound:>4.0} ms, \
             {probes:>3} probes, {:>4} kB padding, {refused} refused",
            least / 1e3,
            mean / 1e3,
            most / 1e3,
            received / 1e3,
            padding_bytes / 1000,
        )
    }
}

fn percentile(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = (values.len() as f64 * share) as usize;
    values.get(at).copied().unwrap_or(0.0)
}
